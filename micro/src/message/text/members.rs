//! The fields of a message as the members of an object.

use super::TextWriter;
use crate::message::{Entry, Field, FieldDesc, Fields, Message, OneOf, Shape, UnknownFields, Value, Visit, VisitOne};

impl<'a> TextWriter<'a> {
    /// Writes a message as an object of its fields.
    ///
    /// One that is nested deeper than any reader would follow is a failure.
    pub fn message<M: Message>(&mut self, message: &M) {
        self.members(|members| message.visit(members));
    }

    fn members(&mut self, visit: impl FnOnce(&mut Members<'_, 'a>)) {
        let written = self.deeper(|writer| {
            writer.begin_object();
            if let Some(type_url) = writer.type_url.take() {
                writer.key("@type");
                writer.text(&type_url);
            }
            visit(&mut Members(writer));
            writer.end_object();
            Ok(())
        });
        if let Err(error) = written {
            self.fail(error);
        }
    }
}

/// Writes the fields of a message as members of an object.
struct Members<'w, 'a>(&'w mut TextWriter<'a>);

impl Visit for Members<'_, '_> {
    fn field<T: Field<E>, E>(&mut self, entry: &'static Entry, _: u32, value: &T) {
        let Entry::Field(field) = entry else { return };
        let required = self.0.dialect().empty_fields && !matches!(field.shape, Shape::Optional(_));
        if required || value.is_present() {
            self.0.member(field, |writer| value.write_member(writer));
        }
    }

    fn oneof<T: OneOf>(&mut self, _: &'static [u32], value: &T) {
        value.visit(Member { variants: T::VARIANTS, writer: self.0 });
    }

    // Their names are not known.
    fn unknown(&mut self, _: &UnknownFields) {}
}

/// Writes a variant as a member of an object.
struct Member<'w, 'a> {
    variants: &'static [FieldDesc],
    writer: &'w mut TextWriter<'a>,
}

impl VisitOne for Member<'_, '_> {
    fn variant<T: Value<E>, E>(self, index: usize, value: &T) {
        self.writer.member(&self.variants[index], |writer| value.write_value(writer));
    }

    fn fields<T: Fields>(self, index: usize, fields: &T) {
        self.writer.member(&self.variants[index], |writer| writer.members(|members| fields.visit(members)));
    }
}
