// An adapter: makes a queue a program that the conformance kit of labelqueue can examine.
// No crates: rustc --edition 2021 adapter.rs
mod json;
use json::{object, text, Json};
use std::{collections::HashMap, io::{self, BufRead, Write}};

/// REPLACE: queues in memory, too simple to conform: no cap, no order, no store, times in UTC alone.
#[derive(Default)]
struct Queues { items: HashMap<String, Vec<Json>>, store: String, clock: String }

impl Queues {
    fn add(&mut self, buckets: Vec<Json>, reason: &str, threshold: f64) -> Json {
        let items = self.items.entry(self.store.clone()).or_default();
        let before = items.len();
        for bucket in buckets {
            let (user, start, end) = (bucket.get("user_id"), utc(&bucket.get("bucket_start_ts")), utc(&bucket.get("bucket_end_ts")));
            if matches!(bucket.get("confidence"), Json::Number(c) if c >= threshold) { continue; }
            if items.iter().any(|i| i.get("status") == text("pending") && i.get("user_id") == user && i.get("bucket_start_ts") == start) { continue; }
            items.push(object([
                ("request_id", text(&uuid())), ("user_id", user), ("bucket_start_ts", start), ("bucket_end_ts", end),
                ("reason", text(reason)), ("confidence", bucket.get("confidence")), ("predicted_label", bucket.get("predicted_label")),
                ("created_at", text(&self.clock)), ("status", text("pending")),
            ]));
        }
        Json::Number((items.len() - before) as f64)
    }

    fn all(&self) -> Vec<Json> { self.items.get(&self.store).cloned().unwrap_or_default() }

    fn mark(&mut self, request_id: Json, status: Json) -> Json {
        let items = self.items.entry(self.store.clone()).or_default();
        let found = items.iter_mut().find(|i| i.get("request_id") == request_id);
        let item = if let Some(item) = found { item } else { return Json::Null };
        item.set("status", if status == Json::Null { text("labeled") } else { status });
        item.clone()
    }
}

/// What was handed in as a timestamp, text or form, with Z; yours must convert offsets (REQ-3).
fn utc(value: &Json) -> Json {
    let moment = if let Json::Text(moment) = value { moment.clone() } else { value.get("$datetime").text() };
    text(&format!("{}Z", moment.trim_end_matches('Z').trim_end_matches("+00:00")))
}

fn uuid() -> String {
    let mut bytes = [0u8; 16];
    io::Read::read_exact(&mut std::fs::File::open("/dev/urandom").expect("randomness"), &mut bytes).expect("randomness");
    (bytes[6], bytes[8]) = (bytes[6] & 15 | 64, bytes[8] & 63 | 128);
    let hex: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// An error is its code and its message; bad input is -32602.
fn answer(queues: &mut Queues, method: &str, p: Json) -> Result<Json, (i32, String)> {
    Ok(match method {
        "hello" => object([
            ("wire", Json::Number(1.0)), ("name", text("mine")), ("version", text("0.1")), ("language", text("rust")),
            ("claims", object([
                ("profiles", Json::List(vec![text("core")])), ("clock", Json::Bool(true)), ("crash", Json::Bool(false)), ("store", text("name")),
            ])),
        ]),
        "open" => { queues.store = p.get("store").text(); Json::Null } // the cap: p.get("max_asks_per_day")
        "set_clock" => { queues.clock = p.get("now").text(); Json::Null } // where p.get("runs"), it runs on from there
        "enqueue_low_confidence" => queues.add(p.get("rows").list(), "low_confidence", if let Json::Number(t) = p.get("threshold") { t } else { 0.55 }),
        "enqueue_drift" => queues.add(p.get("buckets").list(), "drift", f64::INFINITY),
        "get_pending" => Json::List(queues.all().into_iter().filter(|i| i.get("status") == text("pending")).collect()),
        "mark_done" => queues.mark(p.get("request_id"), p.get("status")),
        "all_items" => Json::List(queues.all()),
        "close" | "bye" => Json::Null,
        other => return Err((-32601, format!("there is no method {other}"))),
    })
}

fn main() {
    let mut queues = Queues::default();
    for line in io::stdin().lock().lines() {
        let request = Json::parse(&line.expect("a line"));
        let outcome = match answer(&mut queues, &request.get("method").text(), request.get("params")) {
            Ok(result) => ("result", result),
            Err((code, message)) => ("error", object([("code", Json::Number(code.into())), ("message", text(&message))])),
        };
        println!("{}", object([("jsonrpc", text("2.0")), ("id", request.get("id")), outcome]));
        io::stdout().flush().expect("standard output");
    }
}
