//! From the text that is printed.

use std::fmt;

use super::{
    Enum, EnumValue, Field, File, Label, Message, Method, OneOf, Part, SCALARS, Service, Type, json_name, print,
};

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

impl File {
    /// Reads what was printed. White space and the order of things do not matter; everything else does.
    ///
    /// # Errors
    ///
    /// [`ParseError`] with the line, what was expected there, and what there is.
    pub fn parse(text: &str) -> Result<Self> {
        let mut parser = Parser::new(text)?;
        // What stands above the syntax is about the file.
        parser.docs.clear();
        parser.words(&["syntax", "=", "\"proto3\"", ";"])?;
        let mut file = File::default();
        if parser.take("package") {
            file.package = parser.full_name()?;
            parser.expect(";")?;
        }
        while parser.take("import") {
            parser.text()?;
            parser.expect(";")?;
        }
        parser.package.clone_from(&file.package);
        while !parser.at_end() {
            let docs = parser.docs();
            match parser.one_of(&["service", "message", "enum"])? {
                "service" => file.services.push(parser.service(docs)?),
                "message" => file.messages.push(parser.message(docs)?),
                _ => file.enums.push(parser.enumeration(docs)?),
            }
        }
        Ok(file)
    }

    /// Whether a text is one that was printed, whatever may have been changed in it since.
    pub fn is_ours(text: &str) -> bool {
        text.trim_start().starts_with(print::HEADER)
    }
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
    package: String,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Result<Self> {
        let tokens = tokens(text)?.into_iter().peekable();
        let mut parser =
            Parser { tokens, last_line: text.lines().count().max(1), docs: vec![], package: String::new() };
        parser.note_docs();
        Ok(parser)
    }

    // ---- Things ----

    fn service(&mut self, docs: String) -> Result<Service> {
        let name = self.name()?;
        let mut methods = vec![];
        self.expect("{")?;
        while !self.take("}") {
            let docs = self.docs();
            self.expect_or("rpc", "`rpc` or `}`")?;
            methods.push(self.method(docs)?);
        }
        Ok(Service { name, docs, methods })
    }

    fn method(&mut self, docs: String) -> Result<Method> {
        let name = self.name()?;
        self.expect("(")?;
        let (client_streaming, request) = (self.take("stream"), self.type_name()?);
        self.words(&[")", "returns", "("])?;
        let (server_streaming, reply) = (self.take("stream"), self.type_name()?);
        self.expect(")")?;
        let mut method = Method {
            name,
            docs,
            request,
            client_streaming,
            reply,
            server_streaming,
            idempotency: None,
            deprecated: false,
        };
        if self.one_of(&[";", "{"])? == ";" {
            return Ok(method);
        }
        while !self.take("}") {
            self.expect_or("option", "`option` or `}`")?;
            if self.one_of(&["deprecated", "idempotency_level"])? == "deprecated" {
                self.words(&["=", "true"])?;
                method.deprecated = true;
            } else {
                self.expect("=")?;
                method.idempotency = Some(self.one_of(&["NO_SIDE_EFFECTS", "IDEMPOTENT"])?.to_owned());
            }
            self.expect(";")?;
        }
        Ok(method)
    }

    fn message(&mut self, docs: String) -> Result<Message> {
        let mut message =
            Message { name: self.name()?, docs, parts: vec![], reserved_tags: vec![], reserved_names: vec![] };
        self.expect("{")?;
        while !self.take("}") {
            let docs = self.docs();
            if self.take("reserved") {
                self.reserved(&mut message)?;
            } else if self.take("oneof") {
                let name = self.name()?;
                let mut fields = vec![];
                self.expect("{")?;
                while !self.take("}") {
                    fields.push(self.field()?);
                }
                message.parts.push(Part::OneOf(OneOf { name, docs, fields }));
            } else {
                let field = Field { docs, ..self.field()? };
                message.parts.push(Part::Field(field));
            }
        }
        Ok(message)
    }

    fn reserved(&mut self, message: &mut Message) -> Result<()> {
        loop {
            if self.peek().is_some_and(|text| text.starts_with('"')) {
                message.reserved_names.push(self.text()?);
            } else {
                let first = self.number("a tag or a name in quotes")?;
                let last = if self.take("to") { self.number("a tag")? } else { first };
                message.reserved_tags.push((first, last));
            }
            if self.one_of(&[",", ";"])? == ";" {
                return Ok(());
            }
        }
    }

    fn field(&mut self) -> Result<Field> {
        let docs = self.docs();
        let mut label = match () {
            () if self.take("optional") => Label::Optional,
            () if self.take("repeated") => Label::Repeated,
            () => Label::One,
        };
        let of = self.type_of()?;
        let name = self.name()?;
        self.expect("=")?;
        let tag = self.number("a tag")?;
        let mut json = json_name(&name);
        if self.one_of(&[";", "["])? == "[" {
            loop {
                if self.one_of(&["json_name", "packed"])? == "json_name" {
                    self.expect("=")?;
                    json = self.text()?;
                } else {
                    self.words(&["=", "false"])?;
                    label = Label::Unpacked;
                }
                if self.one_of(&[",", "]"])? == "]" {
                    break;
                }
            }
            self.expect(";")?;
        }
        Ok(Field { name, json, tag, label, of, docs })
    }

    fn type_of(&mut self) -> Result<Type> {
        if self.take("map") {
            self.expect("<")?;
            let key = self.next("the type of the keys")?;
            let Some(key_type) = scalar(key.text) else { return Err(key.is_not("the type of the keys")) };
            self.expect(",")?;
            let value = self.plain_type()?;
            self.expect(">")?;
            return Ok(Type::Map(key_type, Box::new(value)));
        }
        self.plain_type()
    }

    fn plain_type(&mut self) -> Result<Type> {
        if let Some(name) = self.peek().and_then(scalar) {
            self.next("a type")?;
            return Ok(Type::Scalar(name));
        }
        self.type_name().map(Type::Named)
    }

    fn enumeration(&mut self, docs: String) -> Result<Enum> {
        let name = self.name()?;
        let mut values = vec![];
        self.expect("{")?;
        while !self.take("}") {
            let docs = self.docs();
            if self.take("option") {
                self.words(&["allow_alias", "=", "true", ";"])?;
                continue;
            }
            let name = self.name()?;
            self.expect("=")?;
            let number = self.number("a number")?;
            self.expect(";")?;
            values.push(EnumValue { name, number, docs });
        }
        Ok(Enum { name, docs, values })
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
        let ours = token.text == plain && !plain.contains('.') && !self.package.is_empty();
        Ok(if ours { format!("{}.{plain}", self.package) } else { plain.to_owned() })
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
        self.docs.join("\n")
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

fn scalar(word: &str) -> Option<&'static str> {
    SCALARS.into_iter().find(|scalar| *scalar == word)
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
                docs.push(comment.strip_prefix(' ').unwrap_or(comment));
                break;
            }
            let (text, after) = rest.split_at(length(rest, line)?);
            tokens.push(Token { text, line, docs: std::mem::take(&mut docs) });
            rest = after.trim_start();
        }
    }
    Ok(tokens)
}

/// How long the token is that `rest` begins with.
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
