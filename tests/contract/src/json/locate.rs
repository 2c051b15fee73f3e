//! Converts a position in a JSON text to the path of the value there.
//!
//! A decoder reports line and column; a reader needs the name of the field.

/// Returns the path of the value at `line` and `column`, counted from 1 as `serde_json` does:
/// `virtual_machine.disks[2].size`. Empty for the outermost value.
pub(crate) fn path_at(text: &str, line: usize, column: usize) -> String {
    let before = text.split_inclusive('\n').take(line.saturating_sub(1));
    let offset = before.map(str::len).sum::<usize>() + column;
    let mut scan = Scan::default();
    let mut bytes = text.bytes().take(offset);
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => scan.string(&read_string(&mut bytes)),
            other => scan.token(other),
        }
    }
    scan.path()
}

fn read_string(bytes: &mut impl Iterator<Item = u8>) -> String {
    let mut text = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => break,
            // An escaped quote does not end the string. Other escapes need no decoding: keys have
            // none.
            b'\\' => text.extend(bytes.next()),
            other => text.push(other),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[derive(Default)]
struct Scan {
    open: Vec<Level>,
}

enum Level {
    Object { key: Option<String>, in_value: bool },
    Array { index: usize },
}

impl Scan {
    fn string(&mut self, text: &str) {
        if let Some(Level::Object {
            key,
            in_value: false,
        }) = self.open.last_mut()
        {
            *key = Some(text.to_owned());
        }
    }

    fn token(&mut self, byte: u8) {
        match (byte, self.open.last_mut()) {
            (b'{', _) => self.open.push(Level::Object {
                key: None,
                in_value: false,
            }),
            (b'[', _) => self.open.push(Level::Array { index: 0 }),
            (b'}' | b']', _) => {
                self.open.pop();
            }
            (b':', Some(Level::Object { in_value, .. })) => *in_value = true,
            // The key stays until the next one, so an error after a value still names its field.
            (b',', Some(Level::Object { in_value, .. })) => *in_value = false,
            (b',', Some(Level::Array { index })) => *index += 1,
            _ => {}
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for level in &self.open {
            match level {
                Level::Object { key: Some(key), .. } if path.is_empty() => path.push_str(key),
                Level::Object { key: Some(key), .. } => path.extend([".", key]),
                Level::Object { key: None, .. } => {}
                Level::Array { index } => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Outer {
        list: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Inner {
        size: u8,
    }

    #[test]
    fn decoder_position_gives_the_path() {
        let cases = [
            (
                r#"{"list": [{"size": 1}, {"a": {"size": "}"}, "size": "x"}]}"#,
                "list[1].size",
            ),
            (
                "{\n \"a\\\"b\": [1, 2],\n \"list\": [{\"size\": 300}]}",
                "list[0].size",
            ),
            (r#"{"list": 7}"#, "list"),
            ("7", ""),
        ];
        for (text, expected) in cases {
            let error = serde_json::from_str::<Outer>(text).unwrap_err();
            assert_eq!(
                path_at(text, error.line(), error.column()),
                expected,
                "{error}"
            );
        }
    }
}
