use std::sync::Arc;

use super::{Config, Configuration, Section, fields};
use crate::context::{Context, Extensions};
use crate::errors::{Error, Result};

/// Settings that a handler may take as a parameter, by reference.
#[diagnostic::on_unimplemented(
    message = "a handler cannot be lent a `{Self}`",
    label = "expected settings: a struct marked `#[micro::config(prefix = \"..\")]`",
    note = "messages, events and injected values are owned: take `&` away where this is one"
)]
pub trait Lend: Section {}

#[diagnostic::do_not_recommend]
impl<T: Section> Lend for T {}

/// The settings for a handler's whole call: for the code that `#[micro::handler]` writes.
///
/// Within an app they are those in force; a handler that is registered has them at hand, for others they are looked up. Outside of one, as in a test that calls the method itself, they are the declared
/// defaults.
///
/// # Errors
///
/// [`FailedPrecondition`](crate::Code::FailedPrecondition) when the app has not read them, or outside of an app, when not
/// everything has a default.
pub fn lend<T: Lend>(context: &Context) -> Result<Arc<T>> {
    // Kept for a whole call, where a snapshot is made for moments.
    if let Some(config) = context.extension::<Config<T>>() {
        return Ok(config.get().into_arc());
    }
    if let Some(configuration) = context.extension::<Configuration>() {
        let config = configuration.of::<T>();
        // A caller who is told `InvalidArgument` would look for the mistake in the request.
        return config
            .map(|config| config.get().into_arc())
            .map_err(|error| Error::failed_precondition(error.message().to_owned()));
    }
    let (name, prefix) = (T::DESC.name, T::DESC.prefix);
    if context.extensions().is_some_and(|lent: &Extensions| !lent.is_empty()) {
        return Err(Error::failed_precondition(format!(
            "this program has not read `{name}`, the settings at `{prefix}`"
        )));
    }
    let (value, reader) = fields::read::<T>(prefix, None);
    value.map(Arc::new).ok_or_else(|| {
        let problems: Vec<String> = reader.problems.iter().map(ToString::to_string).collect();
        Error::failed_precondition(format!(
            "nothing has read `{name}`, and its defaults are not enough outside of an app: {}",
            problems.join("; ")
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[micro::config(prefix = "lend.easy")]
    struct Easy {
        #[config(default = 1)]
        number: u8,
    }

    #[micro::config(prefix = "lend.strict")]
    struct Strict {
        #[allow(dead_code)]
        number: u8,
    }

    fn within(extensions: Extensions) -> Context {
        let context = Context::new().with_peer(crate::context::Peer::Local);
        context.lend(&extensions);
        context
    }

    #[test]
    fn an_app_lends_what_is_in_force() {
        let context = within(Extensions::new().with(Config::fixed(Easy { number: 2 })));
        assert_eq!(lend::<Easy>(&context).unwrap().number, 2);
        let changed = context.clone().with_timeout(std::time::Duration::from_secs(1));
        assert_eq!(lend::<Easy>(&changed).unwrap().number, 2, "a changed copy keeps what was lent");
        assert!(context.child().extension::<Config<Easy>>().is_none(), "a call made from here has its own");
        let refused = lend::<Strict>(&context).err().expect("it is not there");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.to_string().contains("has not read `Strict`, the settings at `lend.strict`"), "{refused}");
    }

    #[test]
    fn outside_of_an_app_the_defaults_count() {
        assert_eq!(lend::<Easy>(&Context::new()).unwrap().number, 1);
        let refused = lend::<Strict>(&within(Extensions::new())).err().expect("it has no default");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.to_string().contains("`lend.strict.number` is not set"), "{refused}");
    }
}
