#!/bin/sh
# The first attempt finds nobody at home.
test "$TREADLE_ATTEMPT" -gt 1 && exec echo fetched
echo "connection refused"
exit 7
