//! A walk over XML that knows where it is: the path of elements, the line and the column.
//!
//! What isn't asked for is an error at once. So input can't nest deeper than the format does, and
//! each byte is looked at once.

use std::borrow::Cow;

use quick_xml::XmlVersion;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesDecl, BytesRef, BytesStart, Event};
use quick_xml::reader::Reader;

use crate::error::{ParseError, in_xml, quote, shorten};

/// How much of the parser's words is shown.
const WORDS: usize = 200;

/// An element that may stand in another.
pub(super) struct Child {
    pub(super) name: &'static str,
    many: bool,
    attribute: Option<&'static str>,
}

impl Child {
    /// An element that may stand there once.
    pub(super) const fn one(name: &'static str) -> Self {
        Self {
            name,
            many: false,
            attribute: None,
        }
    }

    /// An element that may stand there any number of times.
    pub(super) const fn many(name: &'static str) -> Self {
        Self {
            name,
            many: true,
            attribute: None,
        }
    }

    /// The attribute that it may have.
    pub(super) const fn with(mut self, attribute: &'static str) -> Self {
        self.attribute = Some(attribute);
        self
    }
}

/// An element whose start was read.
pub(super) struct Element {
    pub(super) name: &'static str,
    pub(super) attribute: Option<String>,
}

enum Token<'a> {
    Start(BytesStart<'a>),
    Text(Cow<'a, str>),
    End,
    Over,
}

pub(super) struct Cursor<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    root: &'static str,
    path: Vec<String>,
    /// Where the last token begins.
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Goes to the start of the root element.
    pub(super) fn enter(text: &'a str, root: &'static str) -> Result<Self, ParseError> {
        let mut reader = Reader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut cursor = Self {
            text,
            reader,
            root,
            path: Vec::new(),
            at: 0,
        };
        if let Some((at, character)) = text.char_indices().find(|(_, c)| !in_xml(*c)) {
            cursor.at = at;
            return Err(cursor.out_of_place(format!(
                "the character {} isn't allowed in XML: take it out",
                code(character)
            )));
        }
        loop {
            match cursor.token()? {
                Token::Text(text) if is_blank(&text) => {}
                Token::Start(start) if start.name().as_ref() == root => {
                    cursor.attribute(&start, None)?;
                    return Ok(cursor);
                }
                Token::Start(start) => {
                    return Err(cursor.out_of_place(format!(
                        "begins with the element {}: it must be {root}",
                        quote(start.name().as_ref())
                    )));
                }
                Token::Text(text) => {
                    return Err(cursor.out_of_place(format!(
                        "begins with the text {}: it must begin with <{root}>",
                        quote(&text)
                    )));
                }
                Token::End | Token::Over => {
                    return Err(cursor.out_of_place(format!("holds no element: it needs {root}")));
                }
            }
        }
    }

    /// Reads the elements within the one whose start was read, to its end; errors will point to its start.
    pub(super) fn children(
        &mut self,
        children: &'static [Child],
        mut read: impl FnMut(&mut Self, Element) -> Result<(), ParseError>,
    ) -> Result<(), ParseError> {
        let start = self.at;
        let mut seen = vec![0_usize; children.len()];
        loop {
            match self.token()? {
                Token::Text(text) if is_blank(&text) => {}
                Token::Text(text) => {
                    return Err(
                        self.error(format!("holds elements, and not the text {}", quote(&text)))
                    );
                }
                Token::End => {
                    self.at = start;
                    return Ok(());
                }
                Token::Over => return Err(self.cut_short()),
                Token::Start(start) => {
                    let name = start.name();
                    let known = children
                        .iter()
                        .zip(&mut seen)
                        .find(|(child, _)| child.name == name.as_ref());
                    let Some((child, count)) = known else {
                        let names: Vec<_> = children.iter().map(|child| child.name).collect();
                        return Err(self.error(format!(
                            "there is no element {} here: it holds {}",
                            quote(name.as_ref()),
                            names.join(", ")
                        )));
                    };
                    *count += 1;
                    let (name, count) = (child.name, *count);
                    self.path.push(if child.many {
                        format!("{name}[{count}]")
                    } else {
                        name.to_owned()
                    });
                    if count > 1 && !child.many {
                        return Err(self.error("is given twice: leave one out"));
                    }
                    let attribute = self.attribute(&start, child.attribute)?;
                    read(self, Element { name, attribute })?;
                    self.path.pop();
                }
            }
        }
    }

    /// Reads the text within the element whose start was read, to its end; errors will point to its start.
    pub(super) fn text(&mut self) -> Result<String, ParseError> {
        let start = self.at;
        let mut whole = String::new();
        loop {
            match self.token()? {
                Token::Text(text) => whole.push_str(&text),
                Token::End => {
                    self.at = start;
                    return Ok(whole);
                }
                Token::Over => return Err(self.cut_short()),
                Token::Start(inner) => {
                    return Err(self.error(format!(
                        "holds text, and not the element {}",
                        quote(inner.name().as_ref())
                    )));
                }
            }
        }
    }

    /// Sees to it that nothing follows the root element.
    pub(super) fn leave(&mut self) -> Result<(), ParseError> {
        loop {
            match self.token()? {
                Token::Text(text) if is_blank(&text) => {}
                Token::Over => return Ok(()),
                _ => {
                    let message = format!("goes on after </{}>: nothing may follow", self.root);
                    return Err(self.out_of_place(message));
                }
            }
        }
    }

    /// An error with the element at hand.
    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        let path = if self.path.is_empty() {
            self.root.to_owned()
        } else {
            self.path.join("/")
        };
        self.out_of_place(message).within(path)
    }

    /// An error with the file.
    fn out_of_place(&self, message: impl Into<String>) -> ParseError {
        ParseError::new(message).at_offset(self.text, self.at)
    }

    fn cut_short(&self) -> ParseError {
        self.error("the file ends within this element")
    }

    fn token(&mut self) -> Result<Token<'a>, ParseError> {
        loop {
            self.at = position(self.reader.buffer_position());
            let event = match self.reader.read_event() {
                Ok(event) => event,
                Err(error) => {
                    self.at = position(self.reader.error_position());
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
                Event::Text(text) => Ok(Token::Text(text.xml10_content())),
                Event::CData(text) => Ok(Token::Text(text.xml10_content())),
                Event::GeneralRef(reference) => self.reference(&reference).map(Token::Text),
                Event::DocType(_) => Err(self.out_of_place(
                    "has a DOCTYPE, which a specification doesn't need: take it out",
                )),
                Event::PI(_) => Err(self.out_of_place(
                    "has a processing instruction, which a specification doesn't need: take it out",
                )),
                Event::Eof => Ok(Token::Over),
            };
        }
    }

    fn declaration(&self, declaration: &BytesDecl<'_>) -> Result<(), ParseError> {
        if self.at != 0 {
            return Err(self.out_of_place("the XML declaration must come first"));
        }
        if let Some(Ok(encoding)) = declaration.encoding()
            && !encoding.eq_ignore_ascii_case("utf-8")
        {
            return Err(self.out_of_place(format!(
                "is said to be in {}: only UTF-8 is read",
                quote(&encoding)
            )));
        }
        Ok(())
    }

    /// `&amp;` and its like, and characters by number; no other entity is known.
    fn reference(&self, reference: &BytesRef<'_>) -> Result<Cow<'a, str>, ParseError> {
        match reference.resolve_char_ref() {
            Ok(Some(character)) if in_xml(character) => Ok(character.to_string().into()),
            Ok(None) if let Some(text) = resolve_xml_entity(reference) => Ok(text.into()),
            Ok(None) => Err(self.error(format!(
                "the entity {} is not one of &lt; &gt; &amp; &apos; &quot;: write the text itself",
                quote(&format!("&{};", reference.as_ref()))
            ))),
            Ok(Some(_)) | Err(_) => Err(self.error(format!(
                "{} is no character of XML: take it out",
                quote(&format!("&{};", reference.as_ref()))
            ))),
        }
    }

    /// The attribute that an element may have, if it has it.
    fn attribute(
        &self,
        start: &BytesStart<'_>,
        allowed: Option<&str>,
    ) -> Result<Option<String>, ParseError> {
        let mut found = None;
        // Checking all against all would be slow for many; here the second is an error in any case.
        for attribute in start.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| self.malformed(&error))?;
            let key = attribute.key.as_ref();
            let Some(allowed) = allowed.filter(|allowed| *allowed == key) else {
                let may =
                    allowed.map_or(String::new(), |allowed| format!("; it may have {allowed}"));
                return Err(self.error(format!("has no attribute {}{may}", quote(key))));
            };
            if found.is_some() {
                return Err(self.error(format!("the attribute {allowed} is given twice")));
            }
            let value = attribute
                .normalized_value(XmlVersion::Implicit1_0)
                .map_err(|error| self.malformed(&error))?;
            if let Some(character) = value.chars().find(|character| !in_xml(*character)) {
                return Err(self.error(format!(
                    "the attribute {allowed} holds {}, which XML doesn't allow: take it out",
                    code(character)
                )));
            }
            found = Some(value.into_owned());
        }
        Ok(found)
    }

    fn malformed(&self, error: &dyn std::fmt::Display) -> ParseError {
        self.error(format!(
            "is not XML: {}",
            shorten(&error.to_string(), WORDS)
        ))
    }
}

/// A character as its number, since it can't be shown.
pub(super) fn code(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

/// Input is in memory, so its positions fit.
fn position(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}
