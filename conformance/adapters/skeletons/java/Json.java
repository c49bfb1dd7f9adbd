import java.util.*;

/** JSON in a few lines; with a library of yours it goes. */
class Json {
  final String s;
  int at = 0;
  Json(String s) { this.s = s; }
  char next() { while (Character.isWhitespace(s.charAt(at))) at++; return s.charAt(at); }
  Object value() {
    switch (next()) {
      case '{': {
        var map = new LinkedHashMap<String, Object>();
        for (at++; next() != '}'; ) { if (next() == ',') at++; next(); String key = string(); next(); at++; map.put(key, value()); }
        at++; return map;
      }
      case '[': {
        var list = new ArrayList<Object>();
        for (at++; next() != ']'; ) { if (next() == ',') at++; list.add(value()); }
        at++; return list;
      }
      case '"': return string();
      case 't': at += 4; return true;
      case 'f': at += 5; return false;
      case 'n': at += 4; return null;
      default: int from = at; while (at < s.length() && "+-.0123456789eE".indexOf(s.charAt(at)) >= 0) at++;
        return Double.valueOf(s.substring(from, at));
    }
  }
  String string() {
    var text = new StringBuilder();
    for (at++; s.charAt(at) != '"'; at++) {
      if (s.charAt(at) != '\\') { text.append(s.charAt(at)); continue; }
      char c = s.charAt(++at);
      if (c == 'u') { text.append((char) Integer.parseInt(s.substring(at + 1, at + 5), 16)); at += 4; }
      else text.append("bfnrt".indexOf(c) < 0 ? c : "\b\f\n\r\t".charAt("bfnrt".indexOf(c)));
    }
    at++; return text.toString();
  }
  static String text(Object value) {
    if (value instanceof Map<?, ?> map) {
      var parts = new StringJoiner(",", "{", "}");
      map.forEach((key, each) -> parts.add(text(key) + ":" + text(each)));
      return parts.toString();
    }
    if (value instanceof List<?> list) {
      var parts = new StringJoiner(",", "[", "]");
      list.forEach(each -> parts.add(text(each)));
      return parts.toString();
    }
    if (!(value instanceof String string)) return String.valueOf(value);
    var out = new StringBuilder("\"");
    for (char c : string.toCharArray())
      if (c < ' ' || c > '~' || c == '"' || c == '\\') out.append(String.format("\\u%04x", (int) c)); else out.append(c);
    return out.append('"').toString();
  }
}
