# What the machine does instead of sleeping: it looks into itself.
. /share/words.sh
ada fob status --json >/tmp/asleep.json 2>&1
