//! Reading the text of a committed contract.

use std::fmt;

use prost_types::descriptor_proto::ReservedRange;
use prost_types::field_descriptor_proto::Type;
use prost_types::method_options::IdempotencyLevel;
use prost_types::{DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto};
use prost_types::{FieldDescriptorProto, FileDescriptorProto, OneofDescriptorProto};
use prost_types::{MethodDescriptorProto, MethodOptions, ServiceDescriptorProto};

use crate::message::descriptor::comments::{ENUM, MEMBER, MESSAGE, ONEOF, SERVICE, comment};
use crate::message::descriptor::field::{absolute, map, named, repeated, scalar};
use crate::message::descriptor::hold_optional;
use crate::message::descriptor::names::{file_name, full_name, json_name};

/// Text that is not what would have been printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    line: usize,
    expected: String,
    found: String,
}

impl ParseError {
    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        self.line
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: expected {}, found {}", self.line, self.expected, self.found)
    }
}

impl std::error::Error for ParseError {}

type Result<T> = std::result::Result<T, ParseError>;

/// Reads the text that [`proto::print`](crate::message::proto::print) writes. White space and the order of things do not
/// matter; everything else does.
///
/// Whether a name refers to a message or to an enum is not known from one file: fields of either have a name and no type, as
/// protoc leaves them before it links files.
///
/// # Errors
///
/// [`ParseError`] with the line, what was expected there, and what there is.
pub fn parse(text: &str) -> Result<FileDescriptorProto> {
    let mut parser = Parser::new(text)?;
    // What stands above the syntax is about the file.
    parser.docs.clear();
    parser.words(&["syntax", "=", "\"proto3\"", ";"])?;
    if parser.take("package") {
        parser.file.package = Some(parser.full_name()?);
        parser.expect(";")?;
    }
    while parser.take("import") {
        let import = parser.text()?;
        parser.file.dependency.push(import);
        parser.expect(";")?;
    }
    while !parser.at_end() {
        let docs = parser.docs();
        match parser.one_of(&["service", "message", "enum"])? {
            "service" => parser.service(docs)?,
            "message" => parser.message(docs)?,
            _ => parser.enumeration(docs)?,
        }
    }
    parser.file.name = Some(file_name(parser.file.package()));
    parser.file.syntax = Some("proto3".to_owned());
    Ok(parser.file)
}

/// A word, a text in quotes, or a sign; and the comment lines before it.
struct Token<'a> {
    text: &'a str,
    line: usize,
    docs: Vec<&'a str>,
}

struct Parser<'a> {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token<'a>>>,
    last_line: usize,
    docs: Vec<&'a str>,
    file: FileDescriptorProto,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self> {
        let tokens = tokens(text)?.into_iter().peekable();
        let last_line = text.lines().count().max(1);
        let mut parser = Parser { tokens, last_line, docs: vec![], file: FileDescriptorProto::default() };
        parser.note_docs();
        Ok(parser)
    }

    // ---- Things ----

    fn service(&mut self, docs: String) -> Result<()> {
        let at = self.file.service.len() as i32;
        comment(&mut self.file, &[SERVICE, at], docs);
        let mut service = ServiceDescriptorProto { name: Some(self.name()?), ..Default::default() };
        self.expect("{")?;
        while !self.take("}") {
            let docs = self.docs();
            comment(&mut self.file, &[SERVICE, at, MEMBER, service.method.len() as i32], docs);
            self.expect_or("rpc", "`rpc` or `}`")?;
            service.method.push(self.method()?);
        }
        self.file.service.push(service);
        Ok(())
    }

    fn method(&mut self) -> Result<MethodDescriptorProto> {
        let name = self.name()?;
        self.expect("(")?;
        let (client_streaming, request) = (self.take("stream"), self.type_name()?);
        self.words(&[")", "returns", "("])?;
        let (server_streaming, reply) = (self.take("stream"), self.type_name()?);
        self.expect(")")?;
        let mut method = MethodDescriptorProto {
            name: Some(name),
            input_type: Some(absolute(&request)),
            output_type: Some(absolute(&reply)),
            client_streaming: client_streaming.then_some(true),
            server_streaming: server_streaming.then_some(true),
            options: None,
        };
        if self.one_of(&[";", "{"])? == ";" {
            return Ok(method);
        }
        let options = method.options.insert(MethodOptions::default());
        while !self.take("}") {
            self.expect_or("option", "`option` or `}`")?;
            if self.one_of(&["deprecated", "idempotency_level"])? == "deprecated" {
                self.words(&["=", "true"])?;
                options.deprecated = Some(true);
            } else {
                self.expect("=")?;
                let level = self.one_of(&["NO_SIDE_EFFECTS", "IDEMPOTENT"])?;
                options.idempotency_level = IdempotencyLevel::from_str_name(level).map(Into::into);
            }
            self.expect(";")?;
        }
        Ok(method)
    }

    fn message(&mut self, docs: String) -> Result<()> {
        let at = self.file.message_type.len() as i32;
        comment(&mut self.file, &[MESSAGE, at], docs);
        let mut message = DescriptorProto { name: Some(self.name()?), ..Default::default() };
        self.expect("{")?;
        while !self.take("}") {
            if self.peek() == Some("reserved") {
                self.reserved(&mut message)?;
            } else if self.peek() == Some("oneof") {
                self.oneof(at, &mut message)?;
            } else {
                self.field(at, None, &mut message)?;
            }
        }
        let optional: Vec<_> = (0..message.field.len()).filter(|at| message.field[*at].proto3_optional()).collect();
        hold_optional(&mut message, optional);
        self.file.message_type.push(message);
        Ok(())
    }

    fn oneof(&mut self, at: i32, message: &mut DescriptorProto) -> Result<()> {
        let docs = self.docs();
        self.expect("oneof")?;
        let index = message.oneof_decl.len() as i32;
        comment(&mut self.file, &[MESSAGE, at, ONEOF, index], docs);
        message.oneof_decl.push(OneofDescriptorProto { name: Some(self.name()?), options: None });
        self.expect("{")?;
        while !self.take("}") {
            self.field(at, Some(index), message)?;
        }
        Ok(())
    }

    fn reserved(&mut self, message: &mut DescriptorProto) -> Result<()> {
        self.expect("reserved")?;
        loop {
            if self.peek().is_some_and(|text| text.starts_with('"')) {
                message.reserved_name.push(self.text()?);
            } else {
                let first = self.number("a tag or a name in quotes")?;
                let last: i32 = if self.take("to") { self.number("a tag")? } else { first };
                // Their ranges end one after the last.
                message.reserved_range.push(ReservedRange { start: Some(first), end: Some(last.saturating_add(1)) });
            }
            if self.one_of(&[",", ";"])? == ";" {
                return Ok(());
            }
        }
    }

    /// A field of `message`, which is the one at `at` in the file.
    fn field(&mut self, at: i32, oneof: Option<i32>, message: &mut DescriptorProto) -> Result<()> {
        let docs = self.docs();
        comment(&mut self.file, &[MESSAGE, at, MEMBER, message.field.len() as i32], docs);
        let optional = self.take("optional");
        let list = !optional && self.take("repeated");
        let pair = self.pair()?;
        let of = if pair.is_some() { FieldDescriptorProto::default() } else { self.single()? };
        let name = self.name()?;
        self.expect("=")?;
        let tag = self.number("a tag")?;
        let (mut json, mut unpacked) = (json_name(&name), false);
        if self.one_of(&[";", "["])? == "[" {
            loop {
                if self.one_of(&["json_name", "packed"])? == "json_name" {
                    self.expect("=")?;
                    json = self.text()?;
                } else {
                    self.words(&["=", "false"])?;
                    unpacked = true;
                }
                if self.one_of(&[",", "]"])? == "]" {
                    break;
                }
            }
            self.expect(";")?;
        }
        let of = match pair {
            Some(pair) => map(&full_name(self.file.package(), message.name()), &name, pair, message),
            None if list => repeated(of, unpacked),
            None => of,
        };
        let field = named(&name, &json, tag, of);
        message.field.push(FieldDescriptorProto {
            proto3_optional: optional.then_some(true),
            oneof_index: oneof,
            ..field
        });
        Ok(())
    }

    /// The types of keys and values, of a map.
    fn pair(&mut self) -> Result<Option<[FieldDescriptorProto; 2]>> {
        if !self.take("map") {
            return Ok(None);
        }
        self.expect("<")?;
        let key = self.next("the type of the keys")?;
        let Some(key_type) = scalar(key.text) else { return Err(key.is_not("the type of the keys")) };
        self.expect(",")?;
        let value = self.single()?;
        self.expect(">")?;
        Ok(Some([typed(key_type), value]))
    }

    fn single(&mut self) -> Result<FieldDescriptorProto> {
        if let Some(of) = self.peek().and_then(scalar) {
            self.next("a type")?;
            return Ok(typed(of));
        }
        let type_name = self.type_name()?;
        Ok(FieldDescriptorProto { type_name: Some(absolute(&type_name)), ..FieldDescriptorProto::default() })
    }

    fn enumeration(&mut self, docs: String) -> Result<()> {
        let at = self.file.enum_type.len() as i32;
        comment(&mut self.file, &[ENUM, at], docs);
        let mut desc = EnumDescriptorProto { name: Some(self.name()?), ..EnumDescriptorProto::default() };
        self.expect("{")?;
        while !self.take("}") {
            let docs = self.docs();
            if self.take("option") {
                self.words(&["allow_alias", "=", "true", ";"])?;
                desc.options = Some(EnumOptions { allow_alias: Some(true), ..EnumOptions::default() });
                continue;
            }
            comment(&mut self.file, &[ENUM, at, MEMBER, desc.value.len() as i32], docs);
            let name = Some(self.name()?);
            self.expect("=")?;
            let number = Some(self.number("a number")?);
            self.expect(";")?;
            desc.value.push(EnumValueDescriptorProto { name, number, options: None });
        }
        self.file.enum_type.push(desc);
        Ok(())
    }

    // ---- Words ----

    fn name(&mut self) -> Result<String> {
        let token = self.next("a name")?;
        if is_word(token.text) { Ok(token.text.to_owned()) } else { Err(token.is_not("a name")) }
    }

    fn full_name(&mut self) -> Result<String> {
        let token = self.next("a name")?;
        let whole = token.text.split('.').all(is_word);
        if whole { Ok(token.text.to_owned()) } else { Err(token.is_not("a name with dots")) }
    }

    /// The full name of a type, which is written without its package where that is ours.
    fn type_name(&mut self) -> Result<String> {
        let token = self.next("a type")?;
        let plain = token.text.strip_prefix('.').unwrap_or(token.text);
        if !plain.split('.').all(is_word) {
            return Err(token.is_not("a type"));
        }
        let ours = token.text == plain && !plain.contains('.');
        Ok(if ours { full_name(self.file.package(), plain) } else { plain.to_owned() })
    }

    fn text(&mut self) -> Result<String> {
        let token = self.next("text in quotes")?;
        let inside = token.text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        inside.map(str::to_owned).ok_or_else(|| token.is_not("text in quotes"))
    }

    fn number<N: std::str::FromStr>(&mut self, what: &str) -> Result<N> {
        let token = self.next(what)?;
        token.text.parse().map_err(|_| token.is_not(what))
    }

    fn words(&mut self, words: &[&str]) -> Result<()> {
        words.iter().try_for_each(|word| self.expect(word))
    }

    fn expect(&mut self, word: &str) -> Result<()> {
        self.expect_or(word, &format!("`{word}`"))
    }

    fn expect_or(&mut self, word: &str, what: &str) -> Result<()> {
        let token = self.next(what)?;
        if token.text == word { Ok(()) } else { Err(token.is_not(what)) }
    }

    fn one_of<'w>(&mut self, words: &[&'w str]) -> Result<&'w str> {
        let what = words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
        let token = self.next(&what)?;
        words.iter().copied().find(|word| *word == token.text).ok_or_else(|| token.is_not(&what))
    }

    fn take(&mut self, word: &str) -> bool {
        let there = self.peek() == Some(word);
        if there {
            self.tokens.next();
            self.note_docs();
        }
        there
    }

    fn peek(&mut self) -> Option<&'a str> {
        self.tokens.peek().map(|token| token.text)
    }

    fn at_end(&mut self) -> bool {
        self.tokens.peek().is_none()
    }

    fn next(&mut self, expected: &str) -> Result<Token<'a>> {
        let Some(token) = self.tokens.next() else {
            let found = "the end of the file".to_owned();
            return Err(ParseError { line: self.last_line, expected: expected.to_owned(), found });
        };
        self.note_docs();
        Ok(token)
    }

    /// The comment before the token to come.
    fn docs(&self) -> String {
        self.docs.iter().map(|line| format!("{line}\n")).collect()
    }

    fn note_docs(&mut self) {
        self.docs = self.tokens.peek_mut().map(|token| std::mem::take(&mut token.docs)).unwrap_or_default();
    }
}

impl Token<'_> {
    fn is_not(&self, expected: &str) -> ParseError {
        ParseError { line: self.line, expected: expected.to_owned(), found: format!("`{}`", self.text) }
    }
}

fn typed(of: Type) -> FieldDescriptorProto {
    FieldDescriptorProto { r#type: Some(of.into()), ..FieldDescriptorProto::default() }
}

fn is_word(text: &str) -> bool {
    let mut letters = text.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_') && letters.all(in_word)
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

fn tokens(text: &str) -> Result<Vec<Token<'_>>> {
    let mut tokens = vec![];
    let mut docs = vec![];
    for (line, mut rest) in text.lines().enumerate().map(|(index, text)| (index + 1, text.trim())) {
        // A comment stands right before what it is about.
        if rest.is_empty() {
            docs.clear();
        }
        while !rest.is_empty() {
            if let Some(comment) = rest.strip_prefix("//") {
                docs.push(comment);
                break;
            }
            let (text, after) = rest.split_at(length(rest, line)?);
            tokens.push(Token { text, line, docs: std::mem::take(&mut docs) });
            rest = after.trim_start();
        }
    }
    Ok(tokens)
}

/// Returns the length of the token at the beginning of `rest`.
fn length(rest: &str, line: usize) -> Result<usize> {
    let first = rest.chars().next().expect("never asked of nothing");
    if first == '"' {
        let end = rest[1..].find('"').map(|end| end + 2);
        let found = format!("`{rest}`");
        return end.ok_or_else(|| ParseError { line, expected: "a second quote".to_owned(), found });
    }
    if in_word(first) || first == '.' || first == '-' {
        let end = rest[first.len_utf8()..].find(|letter: char| !in_word(letter) && letter != '.');
        return Ok(end.map_or(rest.len(), |end| end + first.len_utf8()));
    }
    Ok(first.len_utf8())
}
