#!/bin/bash
# Runs the lines that `avprep schedule --cron` prints once by Debian's cron, as root, within two minutes: with cron's bare
# environment, from folders whose names cron and shells could take amiss. A sound corpus has to be refreshed without a
# word, one with a broken file has to be told of, with exit code 2.
#
# usage: cron-check.sh PATH/avprep
set -eu
avprep=$(realpath "$1")
test "$(id -u)" = 0 || { echo "cron-check needs root (a container's will do)" >&2; exit 1; }
command -v cron >/dev/null || {
    echo "installing cron"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends cron >/dev/null
}
folder=$(mktemp -d)
before="$folder/crontab.before"
crontab -l >"$before" 2>/dev/null || rm -f "$before"
daemon=""
finish() {
    if test -e "$before"; then crontab "$before"; else crontab -r 2>/dev/null || true; fi
    if test -n "$daemon"; then kill "$daemon" 2>/dev/null || true; fi
    rm -rf "$folder"
}
trap finish EXIT
fail() { echo "cron-check: $*" >&2; exit 1; }

for name in "100% sound" "it's broken"; do
    mkdir "$folder/$name"
    cat >"$folder/$name/avprep.yaml" <<'YAML'
workers: 1
ingest: {segment_seconds: 2, video: {fps: 12, short_side: 32}, flow: {preset: ultrafast}}
shard: {split: {val: 0, test: 0}, pairs: {clip_seconds: 0.5, gap_seconds: 0.25}}
synth: {videos: 3, seconds: 4, width: 64, height: 48, fps: 15}
YAML
    (cd "$folder/$name" && "$avprep" synth -q >/dev/null)
done
echo "no film" >"$folder/it's broken/videos/talk.mp4"

# Cron hands each command to $SHELL -c, which writes down what a mail would hold, the exit code and the environment.
cat >"$folder/shell" <<SHELL
#!/bin/bash
case "\$2" in *sound*) name=sound ;; *) name=broken ;; esac
env >"$folder/\$name.env"
/bin/sh "\$@" >"$folder/\$name.mail" 2>&1
echo \$? >"$folder/\$name.partial" && mv "$folder/\$name.partial" "$folder/\$name.code"
SHELL
chmod +x "$folder/shell"

# The next minute that is not about to begin.
when=$(date -d "+70 seconds" +%H:%M)
{
    echo "SHELL=$folder/shell"
    for name in "100% sound" "it's broken"; do (cd "$folder/$name" && "$avprep" schedule --cron --at "$when"); done
} >"$folder/crontab"
cat "$folder/crontab"
crontab "$folder/crontab"
if ! pgrep -x cron >/dev/null; then
    cron -f &
    daemon=$!
fi
echo "waiting for cron at $when"
for _ in $(seq 120); do
    test -e "$folder/sound.code" && test -e "$folder/broken.code" && break
    sleep 1
done
test -e "$folder/sound.code" || fail "cron has not run the line of the sound corpus within two minutes"
test -e "$folder/broken.code" || fail "cron has not run the line of the broken corpus within two minutes"
test "$(cat "$folder/sound.code")" = 0 || fail "the sound corpus: exit code $(cat "$folder/sound.code"): $(cat "$folder/sound.mail")"
test ! -s "$folder/sound.mail" || fail "the sound corpus would have caused a mail: $(cat "$folder/sound.mail")"
test "$(cat "$folder/broken.code")" = 2 || fail "the broken corpus: exit code $(cat "$folder/broken.code")"
grep -q "talk.mp4" "$folder/broken.mail" || fail "the mail does not name the broken file: $(cat "$folder/broken.mail")"
test "$(wc -l <"$folder/broken.mail")" -lt 10 || fail "the mail is too long: $(cat "$folder/broken.mail")"
grep -q "^PATH=/usr/bin:/bin$" "$folder/sound.env" || fail "this was no bare environment: $(cat "$folder/sound.env")"
for name in "100% sound" "it's broken"; do
    test -e "$folder/$name/shards/index.json" || fail "$name: there are no shards"
    (cd "$folder/$name" && "$avprep" status) | grep -q "= 3 done" || fail "$name: not all videos are done"
done
echo "cron-check: cron has refreshed both corpora; the mail of the broken one:"
cat "$folder/broken.mail"
