# B06: a grandchild that holds the output open.
. "${0%/*}/kit.sh"
sh -c 'echo begun; sleep 1000 &'
built 1
