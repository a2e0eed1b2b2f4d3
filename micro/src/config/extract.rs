use std::sync::Arc;

use super::{Config, Configuration, Section, fields};
use crate::context::{Context, Extensions, FromContext};
use crate::errors::{Error, Result};
use crate::util::types::Dep;

/// Settings that are taken from a context. Compiler errors name this trait, not [`FromContext`], for a type that implements
/// neither.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be taken from the context of a call",
    label = "expected settings, a struct marked `#[micro::config(prefix = \"..\")]`, or a type that implements `FromContext`",
    note = "messages, events and injected values are owned: remove `&` if this is a reference"
)]
pub trait InContext: Section {}

#[diagnostic::do_not_recommend]
impl<T: Section> InContext for T {}

/// Settings that stay the same for the whole of a call.
///
/// Within an app, these are the settings in force: a registered handler has them in its extensions, others look them up. Outside
/// of an app, as in a test that calls the method directly, they are the declared defaults.
///
/// # Errors
///
/// [`FailedPrecondition`](crate::Code::FailedPrecondition) when the app has not read the settings or, outside of an app, when a
/// setting has no default.
#[diagnostic::do_not_recommend]
impl<T: InContext> FromContext for T {
    type Held = Arc<T>;

    const NEEDS: &'static [Dep] = &[Dep::of::<Config<T>>()];

    fn from_context(context: &Context) -> Result<Arc<T>> {
        // An `Arc`, because a snapshot is for short reads and these are kept for a whole call.
        if let Some(config) = context.extension::<Config<T>>() {
            return Ok(config.get().into_arc());
        }
        if let Some(configuration) = context.extension::<Configuration>() {
            let config = configuration.of::<T>();
            // `InvalidArgument` would send the caller looking for a mistake in the request.
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
                "outside of an app, `{name}` needs a default for every setting: {}",
                problems.join("; ")
            ))
        })
    }
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
        assert_eq!(Easy::from_context(&context).unwrap().number, 2);
        let changed = context.clone().with_timeout(std::time::Duration::from_secs(1));
        assert_eq!(Easy::from_context(&changed).unwrap().number, 2, "a changed copy keeps what was lent");
        assert!(context.child().extension::<Config<Easy>>().is_none(), "a call made from here has its own");
        let refused = Strict::from_context(&context).err().expect("it is not there");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.to_string().contains("has not read `Strict`, the settings at `lend.strict`"), "{refused}");
    }

    #[test]
    fn outside_of_an_app_the_defaults_count() {
        assert_eq!(Easy::from_context(&Context::new()).unwrap().number, 1);
        let refused = Strict::from_context(&within(Extensions::new())).err().expect("it has no default");
        assert_eq!(refused.code(), Code::FailedPrecondition);
        assert!(refused.to_string().contains("`lend.strict.number` is not set"), "{refused}");
    }
}
