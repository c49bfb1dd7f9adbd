#!/usr/bin/env bash
# An adapter: makes a queue a program that the conformance kit of labelqueue can examine.
# Bash and jq 1.6 or newer.  Replace the body of queue() by calls of your own queue.
set -uo pipefail

store='' cap=20 clock=''

# What the kit handed in as a timestamp, text or form, as RFC 3339 in UTC with Z.
# This one takes times that are in UTC already; yours must convert offsets (REQ-3).
readonly UTC='def utc: (if type == "object" then ."$datetime" else . end) | sub("(Z|\\+00:00)?$"; "Z");'

uuid() { if [[ -r /proc/sys/kernel/random/uuid ]]; then cat /proc/sys/kernel/random/uuid; else uuidgen; fi; }
now() { if [[ -n $clock ]]; then echo "$clock"; else date -u +%Y-%m-%dT%H:%M:%S.%6NZ; fi; }
items() { if [[ -s $store ]]; then cat "$store"; else echo '[]'; fi; }
keep() { mkdir -p "$(dirname "$store")" && printf '%s\n' "$1" >"$store.new" && mv "$store.new" "$store"; }

# add BUCKETS REASON: one pending request for each bucket that is not pending; prints how many.
add() {
    local old new ids
    old=$(items)
    ids=$(for _ in $(seq "$(jq length <<<"$1")"); do uuid; done | jq -R . | jq -s .)
    new=$(jq -c --argjson buckets "$1" --arg reason "$2" --arg now "$(now)" --argjson ids "$ids" "$UTC"'
        reduce range($buckets | length) as $n (.; $buckets[$n] as $b | ($b.bucket_start_ts | utc) as $start |
            if any(.status == "pending" and .user_id == $b.user_id and .bucket_start_ts == $start) then . else
                . + [{request_id: $ids[$n], user_id: $b.user_id, bucket_start_ts: $start,
                      bucket_end_ts: ($b.bucket_end_ts | utc), reason: $reason, confidence: $b.confidence,
                      predicted_label: $b.predicted_label, created_at: $now, status: "pending"}] end)' <<<"$old") || return
    [[ $new == "$(jq -c . <<<"$old")" ]] || keep "$new"
    jq -n --argjson new "$new" --argjson old "$old" '($new | length) - ($old | length)'
}

# pending PARAMS: without the cap, which yours must keep (CAP-2).
pending() {
    items | jq -c --argjson p "$1" '[.[] | select(.status == "pending" and ($p.user_id == null or $p.user_id == .user_id))]
        | sort_by(.confidence // 0) | if $p.limit == null then . else .[:$p.limit] end'
}

mark() {
    local old new
    old=$(items)
    new=$(jq -c --argjson p "$1" 'map(if .request_id == $p.request_id then .status = ($p.status // "labeled") else . end)' <<<"$old")
    [[ $new == "$(jq -c . <<<"$old")" ]] || keep "$new"
    jq -c --argjson p "$1" '[.[] | select(.request_id == $p.request_id)] | first' <<<"$new"
}

# queue METHOD PARAMS: prints the result; a status of 2 says that the input is bad.
queue() {
    case $1 in
    enqueue_low_confidence) add "$(jq -c '(.threshold // 0.55) as $t | .rows | map(select(.confidence < $t))' <<<"$2")" low_confidence ;;
    enqueue_drift) add "$(jq -c .buckets <<<"$2")" drift ;;
    get_pending) pending "$2" ;;
    mark_done) mark "$2" ;;
    all_items) items | jq -c . ;;
    *) return 3 ;;
    esac
}

while IFS= read -r line; do
    id=$(jq -c .id <<<"$line") method=$(jq -r .method <<<"$line") params=$(jq -c .params <<<"$line")
    status=0 result=null
    case $method in
    hello)
        result='{"wire": 1, "name": "mine", "version": "0.1", "language": "bash",
                 "claims": {"profiles": ["core"], "clock": true, "crash": false, "store": "path"}}'
        ;;
    open) store=$(jq -r .store <<<"$params") cap=$(jq -r '.max_asks_per_day // 20' <<<"$params") ;;
    set_clock) clock=$(jq -r .now <<<"$params") ;; # where runs is true, it must run on from there
    close | bye) ;;
    *)
        result=$(queue "$method" "$params")
        status=$?
        ;;
    esac
    case $status in
    0) jq -cn --argjson id "$id" --argjson result "$result" '{jsonrpc: "2.0", id: $id, result: $result}' ;;
    2) jq -cn --argjson id "$id" '{jsonrpc: "2.0", id: $id, error: {code: -32602, message: "bad input"}}' ;;
    *) jq -cn --argjson id "$id" --arg method "$method" '{jsonrpc: "2.0", id: $id, error: {code: -32000, message: ($method + " failed")}}' ;;
    esac
    [[ $method != bye ]] || break
done
