//! The order in which things are built, and everything that is wrong with it.

use std::any::TypeId;
use std::collections::{HashMap, HashSet};

use super::{ClientEntry, Dep, ProviderEntry, PublisherEntry, Resolver, SourceLocation};
use crate::client::Client;
use crate::config::{Configuration, linked};
use crate::errors::{Code, Error, Result};
use crate::plug::registrations;

/// The providers there are, and what has been found out about them on the way.
pub(in crate::app) struct Graph<'a> {
    providers: HashMap<TypeId, &'a ProviderEntry>,
    visited: HashMap<TypeId, VisitState>,
    order: Vec<&'a ProviderEntry>,
    /// Leaves that are taken.
    taken: HashSet<TypeId>,
    problems: Vec<String>,
}

/// Types available without being built.
#[derive(Default)]
pub(in crate::app) struct Leaves(HashSet<TypeId>);

impl Leaves {
    /// Collects the types given by the program and by micro itself.
    pub(in crate::app) fn of(given: &Resolver) -> Self {
        let settings = linked();
        let settings = settings.iter().map(|entry| (entry.config)());
        let own = [TypeId::of::<Client>(), TypeId::of::<Configuration>()];
        let plugs = registrations().into_iter().flat_map(|plug| plug.injected);
        let clients = inventory::iter::<ClientEntry>.into_iter().map(|entry| entry.out().id());
        let publishers = inventory::iter::<PublisherEntry>.into_iter().map(|entry| entry.out().id());
        Leaves(settings.chain(given.ids()).chain(own).chain(plugs).chain(clients).chain(publishers).collect())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum VisitState {
    Begun,
    Done,
}

impl<'a> Graph<'a> {
    /// The graph of these providers. What the program provides by hand takes the place of a provider of the same type.
    pub(in crate::app) fn new(providers: impl IntoIterator<Item = &'a ProviderEntry>, given: &Leaves) -> Self {
        let mut graph = Graph {
            providers: HashMap::new(),
            visited: HashMap::new(),
            order: Vec::new(),
            taken: HashSet::new(),
            problems: Vec::new(),
        };
        for provider in providers {
            let out = provider.out();
            if given.0.contains(&out.id()) {
                continue;
            }
            if let Some(other) = graph.providers.insert(out.id(), provider) {
                graph.problems.push(format!(
                    "`{}` is provided twice, by {} and by {}: wrap one of them in a type of its own",
                    out.name(),
                    other.location(),
                    provider.location()
                ));
            }
        }
        graph
    }

    /// Follows what a component needs, or a handler with each call.
    pub(in crate::app) fn need(&mut self, deps: impl IntoIterator<Item = Dep>, by: SourceLocation, given: &Leaves) {
        for dep in deps {
            self.visit(dep, by, given, &mut Vec::new());
        }
    }

    /// The providers to run, in order, and the settings and handles that are taken, by type.
    ///
    /// # Errors
    ///
    /// [`Code::FailedPrecondition`] with all problems at once.
    pub(in crate::app) fn into_order(mut self) -> Result<(Vec<&'a ProviderEntry>, HashSet<TypeId>)> {
        if self.problems.is_empty() {
            return Ok((self.order, self.taken));
        }
        self.problems.sort();
        self.problems.dedup();
        let count = match self.problems.len() {
            1 => "a problem".to_owned(),
            count => format!("{count} problems"),
        };
        Err(Error::new(
            Code::FailedPrecondition,
            format!("injection has {count}:\n  - {}\n", self.problems.join("\n  - ")),
        ))
    }

    fn visit(&mut self, dep: Dep, by: SourceLocation, given: &Leaves, path: &mut Vec<Dep>) {
        if given.0.contains(&dep.id()) {
            self.taken.insert(dep.id());
        } else {
            self.visit_built(dep, by, given, path);
        }
    }

    fn visit_built(&mut self, dep: Dep, by: SourceLocation, given: &Leaves, path: &mut Vec<Dep>) {
        if self.visited.get(&dep.id()) == Some(&VisitState::Done) {
            return;
        }
        path.push(dep);
        if self.visited.get(&dep.id()) == Some(&VisitState::Begun) {
            self.problems.push(circle(path, dep));
        } else if let Some(provider) = self.providers.get(&dep.id()).copied() {
            self.visited.insert(dep.id(), VisitState::Begun);
            for next in provider.deps() {
                self.visit(*next, provider.location(), given, path);
            }
            self.visited.insert(dep.id(), VisitState::Done);
            self.order.push(provider);
        } else {
            self.problems.push(format!(
                "{by} needs `{0}`, which nothing provides: write `#[micro::provider] async fn .. -> Result<{0}>`, or call \
                 `.provide(..)` on the app",
                dep.name()
            ));
        }
        path.pop();
    }
}

/// ``a circle: `A` needs `B` needs `A` ``, from where it begins.
fn circle(path: &[Dep], again: Dep) -> String {
    let names = path.iter().skip_while(|dep| dep.id() != again.id()).map(|dep| format!("`{}`", dep.name()));
    format!("a circle: {}", names.collect::<Vec<_>>().join(" needs "))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::app::inject::{AnyArc, Component, Init};
    use crate::rpc::BoxFuture;

    struct A;
    struct B;
    struct C;

    fn nothing(_: &Resolver) -> BoxFuture<'_, Result<AnyArc>> {
        Box::pin(async { Ok(Arc::new(()) as AnyArc) })
    }

    const fn provider(out: Dep, deps: &'static [Dep], name: &'static str) -> ProviderEntry {
        ProviderEntry::new(out, deps, nothing, SourceLocation::new("main.rs", 1, name))
    }

    fn needs(deps: &'static [Dep]) -> Component {
        Component::new(Init::<()> { deps, build: |_| Box::pin(async { Ok(()) }) })
    }

    const HANDLER: SourceLocation = SourceLocation::new("main.rs", 9, "impl Greeter for English");

    #[test]
    fn what_is_needed_comes_first_and_what_is_not_does_not_come() {
        let (a, b) = (provider(Dep::of::<A>(), &[], "a"), provider(Dep::of::<B>(), const { &[Dep::of::<A>()] }, "b"));
        let c = provider(Dep::of::<C>(), &[], "c");
        let given = Leaves::default();
        let mut graph = Graph::new([&b, &c, &a], &given);
        graph.need(needs(const { &[Dep::of::<B>(), Dep::of::<A>()] }).deps().iter().copied(), HANDLER, &given);
        let order: Vec<_> = graph.into_order().unwrap().0.iter().map(|provider| provider.out().name()).collect();
        assert_eq!(order, ["A", "B"]);
    }

    #[test]
    fn all_problems_come_in_one_report() {
        let a = provider(Dep::of::<A>(), const { &[Dep::of::<B>()] }, "a");
        let b = provider(Dep::of::<B>(), const { &[Dep::of::<A>()] }, "b");
        let twice = provider(Dep::of::<B>(), &[], "b2");
        let given = Leaves::default();
        let mut graph = Graph::new([&a, &twice, &b], &given);
        graph.need(needs(const { &[Dep::of::<A>(), Dep::of::<C>()] }).deps().iter().copied(), HANDLER, &given);
        let error = graph.into_order().unwrap_err();
        let message = error.message();
        assert!(message.contains("3 problems"), "{message}");
        assert!(message.contains("a circle: `A` needs `B` needs `A`"), "{message}");
        assert!(message.contains("`B` is provided twice, by `b2` at main.rs:1 and by `b` at main.rs:1"), "{message}");
        assert!(
            message.contains("`impl Greeter for English` at main.rs:9 needs `C`, which nothing provides"),
            "{message}"
        );
    }

    #[test]
    fn what_the_program_provides_takes_the_place_of_a_provider() {
        let b = provider(Dep::of::<B>(), const { &[Dep::of::<A>()] }, "b");
        let given = Leaves(HashSet::from([TypeId::of::<B>()]));
        let mut graph = Graph::new([&b], &given);
        graph.need(needs(const { &[Dep::of::<B>()] }).deps().iter().copied(), HANDLER, &given);
        assert!(graph.into_order().unwrap().0.is_empty());
    }
}
