//! A pull parser that tracks the path of elements, the line and the column.
//!
//! An element that the caller does not expect is an error at once. So input cannot nest deeper than the format does, and
//! each byte is read once.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::encoding::EncodingError;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{ParseError, code_point, in_xml, quote, shorten};

/// The maximum length of the parser's message in an error, in characters.
// The parser quotes names of the input, which can be of any length.
const MESSAGE_LENGTH: usize = 200;

/// An element that another may contain.
pub(super) struct Child {
    pub(super) name: &'static str,
    repeated: bool,
    attribute: Option<&'static str>,
}

impl Child {
    /// An element that may occur once.
    pub(super) const fn one(name: &'static str) -> Self {
        Self {
            name,
            repeated: false,
            attribute: None,
        }
    }

    /// An element that may occur any number of times.
    pub(super) const fn repeated(name: &'static str) -> Self {
        Self {
            name,
            repeated: true,
            attribute: None,
        }
    }

    /// Allows an attribute.
    pub(super) const fn attribute(mut self, attribute: &'static str) -> Self {
        self.attribute = Some(attribute);
        self
    }
}

/// An element of which the start has been read.
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) attribute: Option<String>,
}

enum Token<'a> {
    Start(BytesStart<'a>),
    Text(Cow<'a, str>),
    End,
    Eof,
}

pub(super) struct XmlReader<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    root: &'static str,
    /// The names of the open elements below the root.
    path: Vec<String>,
    /// The offset of the last token, in bytes.
    offset: usize,
}

impl<'a> XmlReader<'a> {
    /// Reads up to the start of the root element.
    pub(super) fn open(text: &'a str, root: &'static str) -> Result<Self, ParseError> {
        let mut reader = Reader::from_str(text);
        // `<Tags/>` is then a start and an end, like `<Tags></Tags>`.
        reader.config_mut().expand_empty_elements = true;
        let mut reader = Self {
            text,
            reader,
            root,
            path: Vec::new(),
            offset: 0,
        };
        // The parser does not check for them.
        if let Some((offset, character)) = text.char_indices().find(|(_, c)| !in_xml(*c)) {
            reader.offset = offset;
            return Err(reader.file_error(format!(
                "contains {}, which XML does not allow: remove it",
                code_point(character)
            )));
        }
        loop {
            match reader.token()? {
                Token::Text(text) if is_white_space(&text) => {}
                Token::Start(start) if start.name().as_ref() == root.as_bytes() => {
                    reader.attribute(&start, None)?;
                    return Ok(reader);
                }
                Token::Start(start) => {
                    return Err(reader.file_error(format!(
                        "the root element is {}: it must be {root}",
                        quote(&utf8(start.name().as_ref()))
                    )));
                }
                Token::Text(text) => {
                    return Err(reader.file_error(format!(
                        "starts with the text {}: it must start with <{root}>",
                        quote(&text)
                    )));
                }
                Token::End | Token::Eof => {
                    return Err(reader
                        .file_error(format!("has no element: the root element must be {root}")));
                }
            }
        }
    }

    /// Reads the child elements, up to the end of the element. Later errors have the position of its start.
    pub(super) fn children(
        &mut self,
        children: &'static [Child],
        mut read: impl FnMut(&mut Self, Element) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        let start = self.offset;
        let mut counts = vec![0_usize; children.len()];
        loop {
            match self.token()? {
                Token::Text(text) if is_white_space(&text) => {}
                Token::Text(text) => {
                    return Err(self.error(format!(
                        "contains the text {}: only elements are allowed here",
                        quote(&text)
                    )));
                }
                Token::End => {
                    // The caller validates the content now; its errors belong to the start.
                    self.offset = start;
                    return Ok(());
                }
                Token::Eof => return Err(self.unexpected_eof()),
                Token::Start(start) => {
                    let name = start.name();
                    let known = children
                        .iter()
                        .zip(&mut counts)
                        .find(|(child, _)| child.name.as_bytes() == name.as_ref());
                    let Some((child, count)) = known else {
                        let names: Vec<_> = children.iter().map(|child| child.name).collect();
                        return Err(self.error(format!(
                            "unknown element {}: expected one of {}",
                            quote(&utf8(name.as_ref())),
                            names.join(", ")
                        )));
                    };
                    *count += 1;
                    let (name, count) = (child.name, *count);
                    self.path.push(if child.repeated {
                        format!("{name}[{count}]")
                    } else {
                        name.to_owned()
                    });
                    if count > 1 && !child.repeated {
                        return Err(self.error("is set twice: remove one of them"));
                    }
                    let attribute = self.attribute(&start, child.attribute)?;
                    read(self, Element { name, attribute })?;
                    self.path.pop();
                }
            }
        }
    }

    /// Reads the text, up to the end of the element. Later errors have the position of its start.
    pub(super) fn text(&mut self) -> Result<String, ParseError> {
        let start = self.offset;
        let mut whole = String::new();
        loop {
            match self.token()? {
                Token::Text(text) => whole.push_str(&text),
                Token::End => {
                    self.offset = start;
                    return Ok(whole);
                }
                Token::Eof => return Err(self.unexpected_eof()),
                Token::Start(inner) => {
                    return Err(self.error(format!(
                        "contains the element {}: only text is allowed here",
                        quote(&utf8(inner.name().as_ref()))
                    )));
                }
            }
        }
    }

    /// Reads up to the end of the file.
    ///
    /// # Errors
    ///
    /// If an element or text follows the root element.
    pub(super) fn close(&mut self) -> Result<(), ParseError> {
        loop {
            match self.token()? {
                Token::Text(text) if is_white_space(&text) => {}
                Token::Eof => return Ok(()),
                _ => {
                    let message = format!("has content after </{}>: remove it", self.root);
                    return Err(self.file_error(message));
                }
            }
        }
    }

    /// Creates an error about the current element.
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        let path = if self.path.is_empty() {
            self.root.to_owned()
        } else {
            self.path.join("/")
        };
        self.file_error(message).within(path)
    }

    /// Creates an error about the whole file.
    fn file_error(&self, message: impl Into<String>) -> ParseError {
        ParseError::new(message).at_offset(self.text, self.offset)
    }

    fn unexpected_eof(&self) -> ParseError {
        self.error("the file ends within this element")
    }

    fn token(&mut self) -> Result<Token<'a>, ParseError> {
        loop {
            self.offset = position(self.reader.buffer_position());
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    self.offset = position(self.reader.error_position());
                    return Err(self.malformed(&error));
                }
            };
            return match event {
                Event::Comment(_) => continue,
                Event::Decl(declaration) => {
                    self.declaration(&declaration)?;
                    continue;
                }
                Event::Start(start) | Event::Empty(start) => Ok(Token::Start(start)),
                Event::End(_) => Ok(Token::End),
                Event::Text(text) => self.content(text.xml10_content()),
                Event::CData(text) => self.content(text.xml10_content()),
                Event::GeneralRef(reference) => self.reference(&reference).map(Token::Text),
                Event::DocType(_) => {
                    Err(self.file_error("has a DOCTYPE, which is not allowed: remove it"))
                }
                Event::PI(_) => Err(self
                    .file_error("has a processing instruction, which is not allowed: remove it")),
                Event::Eof => Ok(Token::Eof),
            };
        }
    }

    fn content(&self, text: Result<Cow<'a, str>, EncodingError>) -> Result<Token<'a>, ParseError> {
        let text = text.map_err(|error| self.malformed(&error))?;
        Ok(Token::Text(text))
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), ParseError> {
        // The parser accepts a declaration anywhere.
        if self.offset != 0 {
            return Err(self.file_error("the XML declaration must come first"));
        }
        match declaration.encoding() {
            Some(Ok(encoding)) if !encoding.eq_ignore_ascii_case(b"utf-8") => {
                Err(self.file_error(format!(
                    "declares the encoding {}: only UTF-8 is supported",
                    quote(&utf8(&encoding))
                )))
            }
            _ => Ok(()),
        }
    }

    /// Resolves a predefined entity such as `&amp;`, or a character reference. No other entity is allowed.
    fn reference(&self, reference: &BytesRef<'_>) -> Result<Cow<'a, str>, ParseError> {
        let name = utf8(reference);
        match (reference.resolve_char_ref(), resolve_xml_entity(&name)) {
            (Ok(Some(character)), _) if in_xml(character) => Ok(character.to_string().into()),
            (Ok(None), Some(text)) => Ok(text.into()),
            (Ok(None), None) => Err(self.error(format!(
                "unknown entity {}: only &lt; &gt; &amp; &apos; &quot; are allowed",
                quote(&format!("&{name};"))
            ))),
            (Ok(Some(_)) | Err(_), _) => Err(self.error(format!(
                "{} is not a character that XML allows: remove it",
                quote(&format!("&{name};"))
            ))),
        }
    }

    /// Returns the value of the allowed attribute, if the element has it.
    fn attribute(
        &self,
        start: &BytesStart<'_>,
        allowed: Option<&str>,
    ) -> Result<Option<String>, ParseError> {
        let mut found = None;
        // The parser's check compares each attribute with all others, which is slow for many. Here the second one is an
        // error in any case.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(&error))?;
            let key = attribute.key.as_ref();
            let Some(allowed) = allowed.filter(|allowed| allowed.as_bytes() == key) else {
                let hint = allowed.map_or(String::new(), |allowed| format!(": expected {allowed}"));
                let key = quote(&utf8(key));
                return Err(self.error(format!("unknown attribute {key}{hint}")));
            };
            if found.is_some() {
                return Err(self.error(format!("the attribute {allowed} is set twice")));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.malformed(&error))?;
            if let Some(character) = value.chars().find(|character| !in_xml(*character)) {
                return Err(self.error(format!(
                    "the attribute {allowed} contains {}, which XML does not allow: remove it",
                    code_point(character)
                )));
            }
            found = Some(value.into_owned());
        }
        Ok(found)
    }

    fn malformed(&self, error: &dyn std::fmt::Display) -> ParseError {
        self.error(format!(
            "invalid XML: {}",
            shorten(&error.to_string(), MESSAGE_LENGTH)
        ))
    }
}

/// Converts a part of the input. All of it is text, so nothing is replaced.
fn utf8(part: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(part)
}

fn is_white_space(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

/// Converts an offset of the parser. The input is in memory, so it fits.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
