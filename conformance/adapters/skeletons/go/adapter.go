// An adapter: makes a queue a program that the conformance kit of labelqueue can examine.
package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

type object = map[string]any

var stores, store, clock = map[string][]object{}, "", "" // clock: what set_clock said

// REPLACE add and find by your queue: this one is in memory, without cap, order or limit.
func add(buckets any, reason string) int {
	before := len(stores[store])
	for _, each := range buckets.([]any) {
		b := each.(object)
		start, end := utc(b["bucket_start_ts"]), utc(b["bucket_end_ts"])
		same := func(i object) bool {
			return i["user_id"] == b["user_id"] && i["bucket_start_ts"] == start && isPending(i)
		}
		confidence, _ := b["confidence"].(float64)
		if len(find(same)) > 0 || reason == "low_confidence" && confidence >= 0.55 { // or the threshold
			continue
		}
		id := make([]byte, 16)
		rand.Read(id)
		stores[store] = append(stores[store], object{
			"request_id": fmt.Sprintf("%x-%x-4%03x-8%03x-%x", id[:4], id[4:6], int(id[6])<<4, int(id[8])<<4, id[10:]),
			"user_id":    b["user_id"], "bucket_start_ts": start, "bucket_end_ts": end, "reason": reason,
			"confidence": b["confidence"], "predicted_label": b["predicted_label"], "created_at": clock, "status": "pending"})
	}
	return len(stores[store]) - before
}
func isPending(i object) bool { return i["status"] == "pending" }
func find(isWanted func(object) bool) []object {
	found := []object{}
	for _, i := range stores[store] {
		if isWanted(i) {
			found = append(found, i)
		}
	}
	return found
}

// utc writes a timestamp, text or form, as RFC 3339 in UTC with Z; a naive one, which means UTC, is yours to read.
func utc(value any) string {
	text, isText := value.(string)
	if !isText {
		text = value.(object)["$datetime"].(string)
	}
	moment, _ := time.Parse(time.RFC3339Nano, text)
	return moment.UTC().Format("2006-01-02T15:04:05.999999Z")
}

func answer(method string, p object) any {
	switch method {
	case "hello":
		return object{"wire": 1, "name": "mine", "version": "0.1", "language": "go",
			"claims": object{"profiles": []string{"core"}, "clock": true, "crash": false, "store": "name"}}
	case "open": // the cap is p["max_asks_per_day"]; absent means 20
		store = p["store"].(string)
	case "set_clock": // p["runs"]: whether it runs on from there
		clock = p["now"].(string)
	case "enqueue_low_confidence":
		return add(p["rows"], "low_confidence") // p["threshold"]
	case "enqueue_drift":
		return add(p["buckets"], "drift")
	case "get_pending": // p["user_id"], p["limit"]
		return find(isPending)
	case "mark_done":
		for _, i := range find(func(i object) bool { return i["request_id"] == p["request_id"] }) {
			i["status"] = "labeled" // or p["status"]
			return i
		}
	case "all_items":
		return append([]object{}, stores[store]...)
	}
	return nil
}
func respond(request object) {
	out := object{"jsonrpc": "2.0", "id": request["id"]}
	defer func() {
		if failure := recover(); failure != nil { // bad input must be answered with the code -32602
			out["error"] = object{"code": -32000, "message": fmt.Sprint(failure)}
		}
		json.NewEncoder(os.Stdout).Encode(out)
	}()
	out["result"] = answer(request["method"].(string), request["params"].(object))
}
func main() {
	requests := json.NewDecoder(os.Stdin)
	for request := (object{}); requests.Decode(&request) == nil; request = (object{}) {
		respond(request)
	}
}
