# B01: background processes that are to outlive the terminal, as nohup makes them.
. "${0%/*}/kit.sh"
nohup sleep 1000 > /dev/null 2>&1 &
nohup sh -c 'sleep 1000 & wait' > /dev/null 2>&1 &
built 2
