# B01: the child forks grandchildren and exits first.
. "${0%/*}/kit.sh"
sh -c 'sleep 1000 & sleep 1000 &'
built 2
