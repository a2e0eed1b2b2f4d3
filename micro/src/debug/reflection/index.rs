//! Index of descriptor files by name.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, ServiceDescriptorProto};

use crate::errors::{Error, Result};
use crate::rpc::{ServiceDesc, schema};

/// A parsed request.
#[derive(Debug)]
pub(super) enum Question<'a> {
    File(&'a str),
    Symbol(&'a str),
    Extension(&'a str, i32),
    Extensions(&'a str),
    Services,
    Nothing,
}

/// A response.
#[derive(Debug, PartialEq)]
pub(super) enum SymbolAnswer {
    /// A file, followed by its dependencies, encoded.
    Files(Vec<Vec<u8>>),
    /// An empty list of extensions; proto3 types have none.
    NoExtensions,
    Services(Vec<String>),
}

#[derive(Debug)]
pub(super) struct Index {
    services: Vec<String>,
    files: BTreeMap<String, File>,
    /// File of each name.
    symbols: BTreeMap<String, String>,
    messages: BTreeSet<String>,
}

#[derive(Debug)]
struct File {
    bytes: Vec<u8>,
    dependencies: Vec<String>,
}

impl Index {
    pub(super) fn of(services: &[&'static ServiceDesc]) -> Result<Self> {
        let names: BTreeSet<String> = services.iter().map(|desc| desc.full_name().into_owned()).collect();
        let mut index = Index {
            services: names.into_iter().collect(),
            files: BTreeMap::new(),
            symbols: BTreeMap::new(),
            messages: BTreeSet::new(),
        };
        for file in schema::descriptors(services)? {
            index.add(file);
        }
        Ok(index)
    }

    pub(super) fn answer(&self, question: &Question<'_>) -> Result<SymbolAnswer> {
        let known = |name: &str| match self.messages.contains(name.trim_start_matches('.')) {
            true => Ok(()),
            false => Err(not_found("message", name)),
        };
        match question {
            Question::Services => Ok(SymbolAnswer::Services(self.services.clone())),
            Question::File(name) if self.files.contains_key(*name) => Ok(self.with_dependencies(name)),
            Question::File(name) => Err(not_found("file", name)),
            Question::Symbol(name) => match self.symbols.get(name.trim_start_matches('.')) {
                Some(file) => Ok(self.with_dependencies(file)),
                None => Err(not_found("symbol", name)),
            },
            Question::Extensions(name) => known(name).map(|()| SymbolAnswer::NoExtensions),
            Question::Extension(name, number) => {
                known(name)?;
                Err(Error::not_found(format!("`{}` has no extension {number}", name.escape_debug())))
            }
            Question::Nothing => Err(Error::invalid_argument("the request is empty")),
        }
    }

    fn with_dependencies(&self, name: &str) -> SymbolAnswer {
        let mut names = vec![name];
        let mut at = 0;
        while let Some(file) = names.get(at).and_then(|name| self.files.get(*name)) {
            for dependency in &file.dependencies {
                if !names.contains(&dependency.as_str()) {
                    names.push(dependency);
                }
            }
            at += 1;
        }
        SymbolAnswer::Files(
            names.iter().filter_map(|name| self.files.get(*name)).map(|file| file.bytes.clone()).collect(),
        )
    }

    fn add(&mut self, file: FileDescriptorProto) {
        let mut symbols = Symbols { index: self, file: file.name() };
        let package = file.package();
        file.message_type.iter().for_each(|message| symbols.message(package, message));
        file.enum_type.iter().for_each(|desc| symbols.enumeration(package, desc));
        file.service.iter().for_each(|service| symbols.service(package, service));
        let entry = File { bytes: file.encode_to_vec(), dependencies: file.dependency.clone() };
        self.files.insert(file.name().to_owned(), entry);
    }
}

/// Collects the names in one file.
struct Symbols<'a> {
    index: &'a mut Index,
    file: &'a str,
}

impl Symbols<'_> {
    fn message(&mut self, scope: &str, message: &DescriptorProto) {
        let name = self.add(scope, message.name());
        self.index.messages.insert(name.clone());
        let fields = message.field.iter().map(|field| field.name());
        for inner in fields.chain(message.oneof_decl.iter().map(|oneof| oneof.name())) {
            self.add(&name, inner);
        }
        message.nested_type.iter().for_each(|nested| self.message(&name, nested));
    }

    fn enumeration(&mut self, scope: &str, desc: &EnumDescriptorProto) {
        let name = self.add(scope, desc.name());
        for value in &desc.value {
            // Values are scoped next to their enum; many tools look for them inside it.
            self.add(scope, value.name());
            self.add(&name, value.name());
        }
    }

    fn service(&mut self, scope: &str, service: &ServiceDescriptorProto) {
        let name = self.add(scope, service.name());
        for method in &service.method {
            self.add(&name, method.name());
        }
    }

    fn add(&mut self, scope: &str, name: &str) -> String {
        let full_name = if scope.is_empty() { name.to_owned() } else { format!("{scope}.{name}") };
        self.index.symbols.insert(full_name.clone(), self.file.to_owned());
        full_name
    }
}

fn not_found(what: &str, name: &str) -> Error {
    Error::not_found(format!("no {what} `{}` here", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::debug::reflection::descs;

    #[test]
    fn every_name_leads_to_its_file_and_others_to_an_error() {
        let index = Index::of(&descs()).expect("its names are its own");
        let file = |question| match index.answer(&question) {
            Ok(SymbolAnswer::Files(files)) => {
                FileDescriptorProto::decode(&*files[0]).expect("descriptors").name().to_owned()
            }
            other => format!("{other:?}"),
        };
        for symbol in [
            "grpc.reflection.v1.ServerReflection",
            ".grpc.reflection.v1.ServerReflection.ServerReflectionInfo",
            "grpc.reflection.v1.ErrorResponse.error_code",
            "grpc.reflection.v1.ServerReflectionRequest.message_request",
        ] {
            assert_eq!(file(Question::Symbol(symbol)), "grpc/reflection/v1.proto");
        }
        assert_eq!(file(Question::File("grpc/reflection/v1alpha.proto")), "grpc/reflection/v1alpha.proto");
        for question in [
            Question::Symbol("grpc.reflection.v1"),
            Question::Symbol(""),
            Question::File("nowhere.proto"),
            Question::Extensions("nowhere.Message"),
            Question::Extension("grpc.reflection.v1.ErrorResponse", 3),
            Question::Extension("nowhere.Message", 3),
        ] {
            let error = index.answer(&question).unwrap_err();
            assert_eq!(error.code(), crate::Code::NotFound, "{question:?}");
        }
        let extensions = index.answer(&Question::Extensions("grpc.reflection.v1.ErrorResponse"));
        assert_eq!(extensions.expect("the type is known"), SymbolAnswer::NoExtensions);
        assert!(index.answer(&Question::Nothing).is_err());
    }
}
