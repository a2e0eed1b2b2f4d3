//! Descriptors as text.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write as _};

use prost_types::method_options::IdempotencyLevel;
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};
use prost_types::{MethodDescriptorProto, ServiceDescriptorProto};

use super::spelling::{label, oneof, reference, references, type_of};
use crate::message::descriptor::comments::{ENUM, MEMBER, MESSAGE, ONEOF, SERVICE, comments};
use crate::message::descriptor::names::{json_name, package, short};

/// The first line of every file.
pub(crate) const HEADER: &str = "// Written by micro from the code.";

/// The text of a `.proto` file.
pub fn print(file: &FileDescriptorProto) -> String {
    Text(file).to_string()
}

struct Text<'a>(&'a FileDescriptorProto);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Text(file) = self;
        write!(f, "{HEADER}\n\nsyntax = \"proto3\";\n")?;
        if let Some(package) = &file.package {
            write!(f, "\npackage {package};\n")?;
        }
        if !file.dependency.is_empty() {
            f.write_char('\n')?;
        }
        for import in &file.dependency {
            writeln!(f, "import \"{import}\";")?;
        }
        let mut page = Page { f, names: MessageNames::of(file), comments: comments(file) };
        (0..).zip(&file.service).try_for_each(|(at, service)| page.service(at, service))?;
        (0..).zip(&file.message_type).try_for_each(|(at, message)| page.message(at, message))?;
        (0..).zip(&file.enum_type).try_for_each(|(at, desc)| page.enumeration(at, desc))
    }
}

struct Page<'a, 'f> {
    f: &'a mut Formatter<'f>,
    names: MessageNames<'a>,
    comments: BTreeMap<&'a [i32], &'a str>,
}

impl Page<'_, '_> {
    fn comment(&mut self, indent: &str, path: &[i32]) -> fmt::Result {
        let comment = self.comments.get(path).copied().unwrap_or_default();
        comment.lines().try_for_each(|line| writeln!(self.f, "{indent}//{line}"))
    }

    fn service(&mut self, at: i32, service: &ServiceDescriptorProto) -> fmt::Result {
        self.begin("service", service.name(), &[SERVICE, at], service.method.is_empty())?;
        for (at_method, method) in (0..).zip(&service.method) {
            self.comment("  ", &[SERVICE, at, MEMBER, at_method])?;
            self.method(method)?;
        }
        self.end(service.method.is_empty())
    }

    fn method(&mut self, method: &MethodDescriptorProto) -> fmt::Result {
        let stream = |streaming| if streaming { "stream " } else { "" };
        write!(
            self.f,
            "  rpc {}({}{}) returns ({}{})",
            method.name(),
            stream(method.client_streaming()),
            self.names.show(reference(method.input_type()), None),
            stream(method.server_streaming()),
            self.names.show(reference(method.output_type()), None),
        )?;
        let Some(options) = &method.options else { return self.f.write_str(";\n") };
        self.f.write_str(" {\n")?;
        if options.deprecated() {
            self.f.write_str("    option deprecated = true;\n")?;
        }
        if options.idempotency_level() != IdempotencyLevel::IdempotencyUnknown {
            writeln!(self.f, "    option idempotency_level = {};", options.idempotency_level().as_str_name())?;
        }
        self.f.write_str("  }\n")
    }

    fn message(&mut self, at: i32, message: &DescriptorProto) -> fmt::Result {
        let reserves = !message.reserved_range.is_empty() || !message.reserved_name.is_empty();
        let empty = message.field.is_empty() && !reserves;
        self.begin("message", message.name(), &[MESSAGE, at], empty)?;
        let mut group = None;
        for (at_field, field) in (0..).zip(&message.field) {
            let within = oneof(field);
            if within != group {
                self.regroup(at, group, within, message)?;
                group = within;
            }
            let indent = if group.is_some() { "    " } else { "  " };
            self.comment(indent, &[MESSAGE, at, MEMBER, at_field])?;
            self.field(indent, field, message)?;
        }
        self.regroup(at, group, None, message)?;
        self.reserved(message)?;
        self.end(empty)
    }

    /// Ends the oneof `from` and begins the oneof `to`.
    fn regroup(&mut self, at: i32, from: Option<i32>, to: Option<i32>, message: &DescriptorProto) -> fmt::Result {
        if from.is_some() {
            self.f.write_str("  }\n")?;
        }
        let Some(to) = to else { return Ok(()) };
        self.comment("  ", &[MESSAGE, at, ONEOF, to])?;
        let name = usize::try_from(to).ok().and_then(|to| message.oneof_decl.get(to)).map_or("", |oneof| oneof.name());
        writeln!(self.f, "  oneof {name} {{")
    }

    fn field(&mut self, indent: &str, field: &FieldDescriptorProto, message: &DescriptorProto) -> fmt::Result {
        let of = type_of(field, message, &|name| self.names.show(name, Some(message)));
        write!(self.f, "{indent}{}{of} {} = {}", label(field, message), field.name(), field.number())?;
        let mut options = vec![];
        if field.json_name() != json_name(field.name()) {
            options.push(format!("json_name = \"{}\"", field.json_name()));
        }
        if field.options.as_ref().is_some_and(|options| options.packed == Some(false)) {
            options.push("packed = false".to_owned());
        }
        if !options.is_empty() {
            write!(self.f, " [{}]", options.join(", "))?;
        }
        self.f.write_str(";\n")
    }

    fn reserved(&mut self, message: &DescriptorProto) -> fmt::Result {
        if !message.reserved_range.is_empty() {
            // Their ranges end one after the last.
            let ranges = message.reserved_range.iter().map(|range| match (range.start(), range.end() - 1) {
                (first, last) if first == last => first.to_string(),
                (first, last) => format!("{first} to {last}"),
            });
            writeln!(self.f, "  reserved {};", ranges.collect::<Vec<_>>().join(", "))?;
        }
        if !message.reserved_name.is_empty() {
            let names = message.reserved_name.iter().map(|name| format!("\"{name}\""));
            writeln!(self.f, "  reserved {};", names.collect::<Vec<_>>().join(", "))?;
        }
        Ok(())
    }

    fn enumeration(&mut self, at: i32, desc: &EnumDescriptorProto) -> fmt::Result {
        self.begin("enum", desc.name(), &[ENUM, at], false)?;
        if desc.options.as_ref().is_some_and(|options| options.allow_alias()) {
            self.f.write_str("  option allow_alias = true;\n")?;
        }
        for (at_value, value) in (0..).zip(&desc.value) {
            self.comment("  ", &[ENUM, at, MEMBER, at_value])?;
            writeln!(self.f, "  {} = {};", value.name(), value.number())?;
        }
        self.end(false)
    }

    fn begin(&mut self, what: &str, name: &str, path: &[i32], empty: bool) -> fmt::Result {
        self.f.write_char('\n')?;
        self.comment("", path)?;
        writeln!(self.f, "{what} {name} {{{}", if empty { "}" } else { "" })
    }

    fn end(&mut self, empty: bool) -> fmt::Result {
        if empty { Ok(()) } else { self.f.write_str("}\n") }
    }
}

/// Names of types within a file.
struct MessageNames<'a> {
    package: &'a str,
    /// Words that mean something nearer than the first word of a full name, so that this needs a dot in front.
    near: BTreeSet<&'a str>,
}

impl<'a> MessageNames<'a> {
    fn of(file: &'a FileDescriptorProto) -> Self {
        let mut near = BTreeSet::new();
        for package in references(file).map(package).chain([file.package()]) {
            near.extend(package.split('.').skip(1));
        }
        near.extend(file.message_type.iter().map(|message| message.name()));
        MessageNames { package: file.package(), near }
    }

    /// The shortest name that cannot be mistaken, in `message` where it is used in one.
    fn show(&self, full: &str, message: Option<&DescriptorProto>) -> String {
        if package(full) == self.package {
            let name = short(full);
            // The entries of a map are a message nested in the one with the map.
            let shadowed = message.is_some_and(|message| message.nested_type.iter().any(|entry| entry.name() == name));
            return if shadowed { format!(".{full}") } else { name.to_owned() };
        }
        let first = full.split('.').next().unwrap_or(full);
        if !full.contains('.') || self.near.contains(first) { format!(".{full}") } else { full.to_owned() }
    }
}
