// An adapter: makes a queue a program that the conformance kit of labelqueue can examine.
// Java 17 or newer.  Replace the class Queue by yours; below it nothing needs to change but the claims.
import java.io.*;
import java.time.*;
import java.time.temporal.ChronoUnit;
import java.util.*;
import static java.nio.charset.StandardCharsets.UTF_8;

public class Adapter {
  static class BadInput extends RuntimeException {} // answered as -32602

  /** REPLACE: a queue in memory, too simple to conform: no cap, no order, no store. */
  static class Queue {
    final List<Map<String, Object>> items = new ArrayList<>();
    int add(List<Map<String, Object>> buckets, String reason, double threshold) {
      int before = items.size();
      for (var b : buckets) {
        String start = utc(b.get("bucket_start_ts")), end = utc(b.get("bucket_end_ts"));
        if (b.get("confidence") instanceof Double c && reason.equals("low_confidence") && c >= threshold) continue;
        if (items.stream().anyMatch(i -> i.get("status").equals("pending") && i.get("bucket_start_ts").equals(start)
            && i.get("user_id").equals(b.get("user_id")))) continue;
        var item = new LinkedHashMap<String, Object>(Map.of("request_id", UUID.randomUUID().toString(), "reason", reason,
            "user_id", b.get("user_id"), "bucket_start_ts", start, "bucket_end_ts", end, "created_at", now().toString(),
            "status", "pending"));
        item.put("confidence", b.get("confidence"));
        item.put("predicted_label", b.get("predicted_label"));
        items.add(item);
      }
      return items.size() - before;
    }
    Object pending() { return items.stream().filter(i -> i.get("status").equals("pending")).toList(); }
    Object mark(Object id, Object status) {
      var found = items.stream().filter(i -> i.get("request_id").equals(id)).findFirst();
      found.ifPresent(i -> i.put("status", status));
      return found.orElse(null);
    }
  }

  static final Map<Object, Queue> stores = new HashMap<>();
  static Queue queue;
  static Clock clock = Clock.systemUTC();
  static Instant now() { return clock.instant().truncatedTo(ChronoUnit.MICROS); }

  /** Writes a timestamp, text or form, as RFC 3339 in UTC with Z. */
  static String utc(Object value) {
    String text = (String) (value instanceof Map<?, ?> form ? form.get("$datetime") : value);
    boolean hasZone = text.matches(".*(Z|[+-]\\d\\d:\\d\\d)");
    return OffsetDateTime.parse(hasZone ? text : text + "Z").toInstant().truncatedTo(ChronoUnit.MICROS).toString();
  }

  @SuppressWarnings("unchecked")
  static Object answer(String method, Map<String, Object> p) {
    switch (method) {
      case "hello": return Map.of("wire", 1, "name", "mine", "version", "0.1", "language", "java", "claims",
          Map.of("profiles", List.of("core"), "clock", true, "crash", false, "store", "name"));
      case "open": queue = stores.computeIfAbsent(p.get("store"), name -> new Queue()); return null; // max_asks_per_day
      case "set_clock":
        var moment = Instant.parse((String) p.get("now"));
        clock = Boolean.TRUE.equals(p.get("runs")) ? Clock.offset(Clock.systemUTC(), Duration.between(Instant.now(), moment))
            : Clock.fixed(moment, ZoneOffset.UTC);
        return null;
      case "enqueue_low_confidence": return queue.add((List<Map<String, Object>>) p.get("rows"), "low_confidence",
          (Double) p.getOrDefault("threshold", 0.55));
      case "enqueue_drift": return queue.add((List<Map<String, Object>>) p.get("buckets"), "drift", 0);
      case "get_pending": return queue.pending(); // user_id, limit
      case "mark_done": return queue.mark(p.get("request_id"), p.getOrDefault("status", "labeled"));
      case "all_items": return queue.items;
      default: return null;
    }
  }

  @SuppressWarnings("unchecked")
  public static void main(String[] args) throws IOException {
    var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    var out = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    for (String line; (line = lines.readLine()) != null; ) {
      var request = (Map<String, Object>) new Json(line).value();
      var reply = new LinkedHashMap<String, Object>(Map.of("jsonrpc", "2.0", "id", ((Double) request.get("id")).intValue()));
      try {
        reply.put("result", answer((String) request.get("method"), (Map<String, Object>) request.get("params")));
      } catch (RuntimeException error) {
        reply.put("error", Map.of("code", error instanceof BadInput ? -32602 : -32000, "message", error.toString()));
      }
      out.print(Json.text(reply) + "\n");
      out.flush();
    }
  }
}
