# B03: a shell script that traps the polite signals; its children inherit that.
. "${0%/*}/kit.sh"
trap '' TERM INT HUP QUIT
sleep 1000 &
built 1
