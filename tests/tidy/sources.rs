//! Sources as tokens, without comments and string contents.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Returns the root folder of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ is in the workspace").to_owned()
}

/// One file of a package, without its tests.
pub struct Source {
    /// The path below `src`, with `/`.
    pub path: String,
    /// Number of lines, without the tests at the end.
    pub length: usize,
    /// Paths of two names or more, outside of `use`.
    pub paths: Vec<Named>,
    /// Imports with a private `use`, groups resolved.
    pub imports: Vec<Named>,
    /// Re-exports: the paths of `pub use`.
    pub passed_on: Vec<Named>,
}

/// A path as written in a source: `crate::rpc::Call`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub line: usize,
    pub names: Vec<String>,
    /// Local name: the last name of the path, or the name after `as`.
    pub known_as: String,
}

impl Source {
    /// Reads the text of a file.
    pub fn read(path: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let reader = Reader::of(tokens);
        let length = reader.tests_at.map_or(text.lines().count(), |line| line.saturating_sub(1));
        let Reader { paths, imports, passed_on, .. } = reader;
        Source { path: path.into(), length, paths, imports, passed_on }
    }

    /// Returns all paths in the file.
    pub fn named(&self) -> impl Iterator<Item = &Named> {
        self.paths.iter().chain(&self.imports).chain(&self.passed_on)
    }

    /// Returns the top-level module: the first folder, or the file itself; `None` for `lib.rs`.
    pub fn room(&self) -> Option<&str> {
        let first = self.path.split('/').next()?;
        let room = first.strip_suffix(".rs").unwrap_or(first);
        (room != "lib").then_some(room)
    }

    /// Returns the module path of the file: `["rpc", "idle"]`.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let mut module: Vec<String> = path.split('/').map(str::to_owned).collect();
        if matches!(module.last().map(String::as_str), Some("mod" | "lib")) {
            module.pop();
        }
        module
    }
}

/// Returns every file below `src` of a package of the workspace that is not a test: its path there, and its text.
pub fn files_of(package: &str) -> Vec<(String, String)> {
    let base = root().join(package).join("src");
    let mut files = Vec::new();
    collect(&base, &mut files);
    files.sort();
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        (file.strip_prefix(&base).expect("collected below it").to_string_lossy().replace('\\', "/"), text)
    };
    files.into_iter().filter(|file| !is_test(file)).map(read).collect()
}

/// Returns the files of [`files_of`] as tokens.
pub fn sources_of(package: &str) -> Vec<Source> {
    let sources: Vec<_> = files_of(package).iter().map(|(path, text)| Source::read(path, text)).collect();
    assert!(sources.len() > 40, "the sources of {package} were not found: {}", sources.len());
    sources
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Returns `true` for tests, and for the snapshots that tests compare with.
fn is_test(file: &Path) -> bool {
    file.file_stem().is_some_and(|stem| stem == "tests")
        || file.components().any(|part| part.as_os_str() == "tests" || part.as_os_str() == "snapshots")
}

#[derive(Default)]
struct Reader {
    paths: Vec<Named>,
    imports: Vec<Named>,
    passed_on: Vec<Named>,
    tests_at: Option<usize>,
}

impl Named {
    /// Converts a path of an inline module into a path of its file.
    fn out_of_a_module(mut self) -> Self {
        if self.names.first().is_some_and(|name| name == "super") {
            self.names[0] = "self".to_owned();
        }
        self
    }
}

impl Reader {
    fn of(tokens: TokenStream) -> Self {
        let mut reader = Reader::default();
        reader.read(tokens);
        reader
    }

    fn read(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let (mut at, mut public) = (0, false);
        while at < tokens.len() {
            if let Some(end) = module_of_tests(&tokens, at) {
                self.tests_at.get_or_insert(line(&tokens[at]));
                at = end;
                continue;
            }
            if let Some(group) = attribute_with_a_home(&tokens, at) {
                self.read(group);
                at += 2;
                continue;
            }
            if let Some((group, end)) = inline_module(&tokens, at) {
                let inner = Reader::of(group);
                let own = |named: Named| named.out_of_a_module();
                self.paths.extend(inner.paths.into_iter().map(own));
                self.imports.extend(inner.imports.into_iter().chain(inner.passed_on).map(own));
                (at, public) = (end, false);
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(ident) if ident == "pub" => {
                    public = true;
                    // Skips the `(..)` of a restricted visibility.
                    at += usize::from(matches!(tokens.get(at + 1), Some(TokenTree::Group(group))
                        if group.delimiter() == Delimiter::Parenthesis));
                }
                TokenTree::Ident(ident) if ident == "use" => {
                    let end = (at..tokens.len()).find(|at| is(&tokens[*at], ';')).unwrap_or(tokens.len());
                    let mut found = Vec::new();
                    tree(&tokens[at + 1..end], &[], &mut found);
                    if public {
                        self.passed_on.extend(found);
                    } else {
                        self.imports.extend(found);
                    }
                    (at, public) = (end, false);
                }
                TokenTree::Ident(_) => {
                    let (names, end) = path(&tokens, at);
                    // A field or a method of that name is not a path.
                    let free = at == 0 || !is(&tokens[at - 1], '.');
                    if free && names.len() > 1 {
                        let known_as = names.last().expect("two at least").clone();
                        self.paths.push(Named { line: line(&tokens[at]), names, known_as });
                    }
                    if end > at + 1 {
                        at = end - 1;
                    }
                    public = false;
                }
                TokenTree::Group(group) => {
                    self.read(group.stream());
                    public = false;
                }
                _ => {}
            }
            at += 1;
        }
    }
}

/// Returns the end of `#[cfg(test)] mod tests { .. }`, or of any other item with `#[cfg(test)]`.
fn module_of_tests(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let TokenTree::Group(attribute) = tokens.get(at + 1).filter(|_| is(&tokens[at], '#'))? else { return None };
    let attribute: String = attribute.stream().to_string().split_whitespace().collect();
    if attribute != "cfg(test)" {
        return None;
    }
    let end = (at + 2..tokens.len()).find(|at| {
        is(&tokens[*at], ';')
            || matches!(&tokens[*at], TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
    })?;
    Some(end + 1)
}

/// Returns the content of `mod name { .. }` and its end; in a macro the name may be `$name`.
fn inline_module(tokens: &[TokenTree], at: usize) -> Option<(TokenStream, usize)> {
    if !matches!(&tokens[at], TokenTree::Ident(ident) if ident == "mod") {
        return None;
    }
    let name = at + 1 + usize::from(tokens.get(at + 1).is_some_and(|token| is(token, '$')));
    match (tokens.get(name), tokens.get(name + 1)) {
        (Some(TokenTree::Ident(_)), Some(TokenTree::Group(group))) => Some((group.stream(), name + 2)),
        _ => None,
    }
}

/// Returns the arguments of `#[micro::message(crate = crate::message)]`: such an attribute refers to the module in its
/// arguments only.
fn attribute_with_a_home(tokens: &[TokenTree], at: usize) -> Option<TokenStream> {
    let TokenTree::Group(attribute) = tokens.get(at + 1).filter(|_| is(&tokens[at], '#'))? else { return None };
    let inner: Vec<TokenTree> = attribute.stream().into_iter().collect();
    let (names, end) = path(&inner, 0);
    let ours = names.first().is_some_and(|first| first == "micro" || first == "micro_macros");
    let TokenTree::Group(arguments) = inner.get(end).filter(|_| ours)? else { return None };
    let arguments = arguments.stream();
    let words: Vec<TokenTree> = arguments.clone().into_iter().collect();
    let home = |pair: &[TokenTree]| matches!(&pair[0], TokenTree::Ident(name) if name == "crate") && is(&pair[1], '=');
    words.windows(2).any(home).then_some(arguments)
}

/// Returns the names of a path that begins here, and its end: `a::b::<T>::c` is cut before `<`.
fn path(tokens: &[TokenTree], mut at: usize) -> (Vec<String>, usize) {
    let mut names = Vec::new();
    while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
        names.push(ident.to_string());
        at += 1;
        if !joined(tokens, at) {
            break;
        }
        if !matches!(tokens.get(at + 2), Some(TokenTree::Ident(_))) {
            break;
        }
        at += 2;
    }
    (names, at)
}

/// Collects the paths of a `use`, or of a part of a `use`.
fn tree(tokens: &[TokenTree], before: &[String], found: &mut Vec<Named>) {
    for part in tokens.split(|token| is(token, ',')) {
        let leading = if joined(part, 0) { 2 } else { 0 };
        let (names, end) = path(part, leading);
        let Some(first) = part.get(leading) else { continue };
        let mut names: Vec<String> = before.iter().cloned().chain(names).collect();
        if let Some(TokenTree::Group(group)) = part.get(if names.len() == before.len() { leading } else { end + 2 }) {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            tree(&inner, &names, found);
            continue;
        }
        if joined(part, end) {
            names.push("*".into());
        }
        if names.last().is_some_and(|name| name == "self") {
            names.pop();
        }
        let renamed = match (part.get(end), part.get(end + 1)) {
            (Some(TokenTree::Ident(r#as)), Some(TokenTree::Ident(name))) if r#as == "as" => Some(name.to_string()),
            _ => None,
        };
        let Some(last) = names.last().cloned() else { continue };
        found.push(Named { line: line(first), names, known_as: renamed.unwrap_or(last) });
    }
}

fn is(token: &TokenTree, letter: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == letter)
}

/// Returns `true` if the tokens here are `::`.
fn joined(tokens: &[TokenTree], at: usize) -> bool {
    tokens.get(at).is_some_and(|token| is(token, ':')) && tokens.get(at + 1).is_some_and(|token| is(token, ':'))
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}
