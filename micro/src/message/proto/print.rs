//! As text.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter, Write as _};

use super::{Enum, EnumValue, Field, File, Label, Message, Method, OneOf, Part, Service, Type, json_name, package};
use crate::message::descriptor::{entry_name, file_of};

/// The first line of every file.
pub(super) const HEADER: &str = "// Written by micro from the code.";

impl Display for File {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{HEADER}\n\nsyntax = \"proto3\";\n")?;
        if !self.package.is_empty() {
            write!(f, "\npackage {};\n", self.package)?;
        }
        let own = self.name();
        let imports: BTreeSet<String> = self.references().map(file_of).filter(|file| *file != own).collect();
        if !imports.is_empty() {
            f.write_char('\n')?;
        }
        for import in imports {
            writeln!(f, "import \"{import}\";")?;
        }
        let mut page = Page { f, names: Names::of(self) };
        self.services.iter().try_for_each(|service| page.service(service))?;
        self.messages.iter().try_for_each(|message| page.message(message))?;
        self.enums.iter().try_for_each(|desc| page.enumeration(desc))
    }
}

struct Page<'a, 'f> {
    f: &'a mut Formatter<'f>,
    names: Names<'a>,
}

impl Page<'_, '_> {
    fn docs(&mut self, indent: &str, docs: &str) -> fmt::Result {
        docs.lines().try_for_each(|line| match line {
            "" => writeln!(self.f, "{indent}//"),
            line => writeln!(self.f, "{indent}// {line}"),
        })
    }

    fn service(&mut self, service: &Service) -> fmt::Result {
        self.begin("service", &service.name, &service.docs, service.methods.is_empty())?;
        service.methods.iter().try_for_each(|method| self.method(method))?;
        self.end(service.methods.is_empty())
    }

    fn method(&mut self, method: &Method) -> fmt::Result {
        self.docs("  ", &method.docs)?;
        let stream = |streaming| if streaming { "stream " } else { "" };
        write!(
            self.f,
            "  rpc {}({}{}) returns ({}{})",
            method.name,
            stream(method.client_streaming),
            self.names.show(&method.request, None),
            stream(method.server_streaming),
            self.names.show(&method.reply, None),
        )?;
        if method.idempotency.is_none() && !method.deprecated {
            return self.f.write_str(";\n");
        }
        self.f.write_str(" {\n")?;
        if method.deprecated {
            self.f.write_str("    option deprecated = true;\n")?;
        }
        if let Some(level) = &method.idempotency {
            writeln!(self.f, "    option idempotency_level = {level};")?;
        }
        self.f.write_str("  }\n")
    }

    fn message(&mut self, message: &Message) -> fmt::Result {
        let empty = message.parts.is_empty() && message.reserved_tags.is_empty() && message.reserved_names.is_empty();
        self.begin("message", &message.name, &message.docs, empty)?;
        for part in &message.parts {
            match part {
                Part::Field(field) => self.field("  ", field, message)?,
                Part::OneOf(oneof) => self.oneof(oneof, message)?,
            }
        }
        self.reserved(message)?;
        self.end(empty)
    }

    fn oneof(&mut self, oneof: &OneOf, message: &Message) -> fmt::Result {
        self.docs("  ", &oneof.docs)?;
        writeln!(self.f, "  oneof {} {{", oneof.name)?;
        oneof.fields.iter().try_for_each(|field| self.field("    ", field, message))?;
        self.f.write_str("  }\n")
    }

    fn field(&mut self, indent: &str, field: &Field, message: &Message) -> fmt::Result {
        self.docs(indent, &field.docs)?;
        let label = match field.label {
            Label::One => "",
            Label::Optional => "optional ",
            Label::Repeated | Label::Unpacked => "repeated ",
        };
        let of = self.type_of(&field.of, message);
        write!(self.f, "{indent}{label}{of} {} = {}", field.name, field.tag)?;
        let mut options = vec![];
        if field.json != json_name(&field.name) {
            options.push(format!("json_name = \"{}\"", field.json));
        }
        if field.label == Label::Unpacked {
            options.push("packed = false".to_owned());
        }
        if !options.is_empty() {
            write!(self.f, " [{}]", options.join(", "))?;
        }
        self.f.write_str(";\n")
    }

    fn type_of(&self, of: &Type, message: &Message) -> String {
        match of {
            Type::Scalar(name) => (*name).to_owned(),
            Type::Named(name) => self.names.show(name, Some(message)),
            Type::Map(key, value) => format!("map<{key}, {}>", self.type_of(value, message)),
        }
    }

    fn reserved(&mut self, message: &Message) -> fmt::Result {
        if !message.reserved_tags.is_empty() {
            let ranges = message.reserved_tags.iter().map(|(first, last)| match last {
                last if first == last => first.to_string(),
                last => format!("{first} to {last}"),
            });
            writeln!(self.f, "  reserved {};", ranges.collect::<Vec<_>>().join(", "))?;
        }
        if !message.reserved_names.is_empty() {
            let names = message.reserved_names.iter().map(|name| format!("\"{name}\""));
            writeln!(self.f, "  reserved {};", names.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }

    fn enumeration(&mut self, desc: &Enum) -> fmt::Result {
        self.begin("enum", &desc.name, &desc.docs, false)?;
        let mut numbers = BTreeSet::new();
        if desc.values.iter().any(|value| !numbers.insert(value.number)) {
            self.f.write_str("  option allow_alias = true;\n")?;
        }
        for EnumValue { name, number, docs } in &desc.values {
            self.docs("  ", docs)?;
            writeln!(self.f, "  {name} = {number};")?;
        }
        self.end(false)
    }

    fn begin(&mut self, what: &str, name: &str, docs: &str, empty: bool) -> fmt::Result {
        self.f.write_char('\n')?;
        self.docs("", docs)?;
        writeln!(self.f, "{what} {name} {{{}", if empty { "}" } else { "" })
    }

    fn end(&mut self, empty: bool) -> fmt::Result {
        if empty { Ok(()) } else { self.f.write_str("}\n") }
    }
}

/// How a type is named from within a file.
struct Names<'a> {
    package: &'a str,
    /// Words that mean something nearer than the first word of a full name, so that this needs a dot in front.
    near: BTreeSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(file: &'a File) -> Self {
        let mut near = BTreeSet::new();
        for package in file.references().map(package).chain([file.package.as_str()]) {
            near.extend(package.split('.').skip(1));
        }
        near.extend(file.messages.iter().map(|message| message.name.as_str()));
        Names { package: &file.package, near }
    }

    /// The shortest name that cannot be mistaken, in `message` where it stands in one.
    fn show(&self, full: &str, message: Option<&Message>) -> String {
        if package(full) == self.package {
            let name = super::short(full);
            // The entries of a map are a message nested in the one with the map.
            let shadowed = message.is_some_and(|message| {
                let maps = message.fields().filter(|field| matches!(field.of, Type::Map(..)));
                maps.into_iter().any(|field| entry_name(&field.name) == name)
            });
            return if shadowed { format!(".{full}") } else { name.to_owned() };
        }
        let first = full.split('.').next().unwrap_or(full);
        if !full.contains('.') || self.near.contains(first) { format!(".{full}") } else { full.to_owned() }
    }
}
