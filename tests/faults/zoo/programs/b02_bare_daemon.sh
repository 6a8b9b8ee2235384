# B02: daemons with a session of their own and an empty environment: nothing to know them by.
. "${0%/*}/kit.sh"
env -i setsid sh -c 'sleep 1000 & (sleep 1000 &)'
built 2
