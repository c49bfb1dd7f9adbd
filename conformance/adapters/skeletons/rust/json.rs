// JSON in a few lines; with serde_json it goes.
use std::{fmt, iter::Peekable, str::Chars};

#[derive(Clone, Debug, PartialEq)]
pub enum Json { Null, Bool(bool), Number(f64), Text(String), List(Vec<Json>), Object(Vec<(String, Json)>) }
use Json::*;

impl Json {
    pub fn get(&self, name: &str) -> Json {
        match self {
            Object(members) => members.iter().find(|(key, _)| key == name).map_or(Null, |(_, value)| value.clone()),
            _ => Null,
        }
    }
    pub fn set(&mut self, name: &str, value: Json) {
        if let Object(members) = self {
            members.iter_mut().filter(|(key, _)| key == name).for_each(|member| member.1 = value.clone());
        }
    }
    pub fn text(&self) -> String { if let Text(text) = self { text.clone() } else { String::new() } }
    pub fn list(&self) -> Vec<Json> { if let List(list) = self { list.clone() } else { vec![] } }
    pub fn parse(text: &str) -> Json { value(&mut text.chars().peekable()) }
}

pub fn object<const N: usize>(members: [(&str, Json); N]) -> Json {
    Object(members.into_iter().map(|(name, value)| (name.to_string(), value)).collect())
}
pub fn text(value: &str) -> Json { Text(value.to_string()) }

fn peek(s: &mut Peekable<Chars>) -> char {
    while s.next_if(|c| c.is_whitespace() || *c == ',' || *c == ':').is_some() {}
    *s.peek().expect("JSON ends too early")
}

fn value(s: &mut Peekable<Chars>) -> Json {
    match peek(s) {
        '{' => { s.next(); let mut all = vec![]; while peek(s) != '}' { let key = string(s); all.push((key, value(s))); } s.next(); Object(all) }
        '[' => { s.next(); let mut all = vec![]; while peek(s) != ']' { all.push(value(s)); } s.next(); List(all) }
        '"' => Text(string(s)),
        _ => {
            let mut word = String::new();
            while let Some(c) = s.next_if(|c| !",]} \t\r\n".contains(*c)) { word.push(c); }
            match word.as_str() { "null" => Null, "true" => Bool(true), "false" => Bool(false), number => Number(number.parse().expect("a number")) }
        }
    }
}

fn string(s: &mut Peekable<Chars>) -> String {
    peek(s);
    s.next();
    let mut units: Vec<u16> = vec![];
    loop {
        let c = match s.next().expect("text ends") {
            '"' => return String::from_utf16_lossy(&units),
            '\\' => match s.next().expect("text ends") {
                'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\u{8}', 'f' => '\u{c}',
                'u' => { let hex: String = s.take(4).collect(); units.push(u16::from_str_radix(&hex, 16).expect("hex")); continue }
                other => other,
            },
            other => other,
        };
        units.extend(c.encode_utf16(&mut [0; 2]).iter());
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let quoted = |t: &str| t.encode_utf16().map(|u| match u { 32 | 33 | 35..=91 | 93..=126 => (u as u8 as char).to_string(), _ => format!("\\u{u:04x}") }).collect::<String>();
        match self {
            Null => write!(f, "null"), Bool(b) => write!(f, "{b}"), Number(n) => write!(f, "{n}"), Text(t) => write!(f, "\"{}\"", quoted(t)),
            List(all) => write!(f, "[{}]", all.iter().map(|v| v.to_string()).collect::<Vec<_>>().join(",")),
            Object(all) => write!(f, "{{{}}}", all.iter().map(|(k, v)| format!("\"{}\":{v}", quoted(k))).collect::<Vec<_>>().join(",")),
        }
    }
}
