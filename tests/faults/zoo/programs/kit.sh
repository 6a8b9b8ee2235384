# For programs in sh: what kit.py says. `built N`: the tree stands, N processes beside the leader.
form=$1
built() {
    echo "${TREADLE_ATTEMPT:-1} $1" > "$ZOO_READY"
    [ "$form" = end ] && exit 0
    while :; do sleep 1000; done
}
