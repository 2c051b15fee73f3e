//! Where in JSON a parser stopped, as a path: `system_disks[0].size`.

/// The path of what was being read when `end` bytes had been. Nothing is checked: the parser has.
pub(super) fn path_at(json: &str, end: usize) -> String {
    let mut frames: Vec<Frame> = Vec::new();
    let read = json.as_bytes().get(..end).unwrap_or(json.as_bytes());
    let mut place = 0;
    while let Some(byte) = read.get(place) {
        place += 1;
        match (byte, frames.last_mut()) {
            (b'{', _) => frames.push(Frame::Object(None)),
            (b'[', _) => frames.push(Frame::Array(0)),
            (b'}' | b']', _) => {
                frames.pop();
            }
            (b',', Some(Frame::Array(index))) => *index += 1,
            (b',', Some(Frame::Object(key))) => *key = None,
            (b'"', frame) => {
                let begin = place;
                place = string_end(read, begin);
                if let Some(Frame::Object(key @ None)) = frame {
                    *key = json.get(begin..place);
                }
                place += 1;
            }
            _ => {}
        }
    }
    let mut path = String::new();
    for frame in frames {
        match frame {
            Frame::Array(index) => path.push_str(&format!("[{index}]")),
            Frame::Object(Some(key)) => {
                let dot = if path.is_empty() { "" } else { "." };
                path.push_str(dot);
                path.push_str(key);
            }
            Frame::Object(None) => {}
        }
    }
    path
}

enum Frame<'a> {
    Object(Option<&'a str>),
    Array(usize),
}

/// Where the string ends whose first character is at `begin`.
fn string_end(read: &[u8], begin: usize) -> usize {
    let mut place = begin;
    while let Some(byte) = read.get(place) {
        match byte {
            b'"' => break,
            b'\\' => place += 2,
            _ => place += 1,
        }
    }
    place.min(read.len())
}
