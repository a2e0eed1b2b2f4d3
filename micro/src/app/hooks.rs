//! Hooks around start and stop.

use super::handle::Handle;
use super::health::HealthCheck;
use crate::errors::Result;
use crate::rpc::BoxFuture;

/// One thing to do, with the app at hand.
pub(super) type Hook = Box<dyn FnOnce(Handle) -> BoxFuture<'static, Result<()>> + Send>;

/// Hooks, each list in the order of addition.
#[derive(Default)]
pub(super) struct Hooks {
    pub(super) checks: Vec<HealthCheck>,
    pub(super) before_start: Vec<Hook>,
    pub(super) after_start: Vec<Hook>,
    pub(super) before_stop: Vec<Hook>,
    pub(super) after_stop: Vec<Hook>,
}

pub(super) fn hook<F>(run: impl FnOnce(Handle) -> F + Send + 'static) -> Hook
where
    F: Future<Output = Result<()>> + Send + 'static,
{
    Box::new(move |app| Box::pin(run(app)))
}

/// Does one thing after another; the first failure ends it.
pub(super) async fn run(hooks: Vec<Hook>, app: &Handle) -> Result<()> {
    for hook in hooks {
        hook(app.clone()).await?;
    }
    Ok(())
}

/// Does all of them, because what is to be cleaned up is to be cleaned up, and gives the first failure.
pub(super) async fn run_all(hooks: Vec<Hook>, app: &Handle) -> Result<()> {
    let mut outcome = Ok(());
    for hook in hooks {
        outcome = outcome.and(hook(app.clone()).await);
    }
    outcome
}
