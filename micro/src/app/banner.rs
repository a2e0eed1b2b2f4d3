//! Start-up banner: the address, the services, how other programs find them, and how to call them.

use std::fmt::Write as _;

use super::Running;
use crate::telemetry::Format;

pub(super) fn show(running: &Running) {
    let (Some(address), Some(url)) = (running.address(), running.url()) else { return };
    if running.settings().log_format == Format::Json {
        let services: Vec<_> = running.server().services().iter().map(|(name, _)| name.to_string()).collect();
        tracing::info!(%address, services = services.join(","), registry = running.registry().name(), "ready");
        return;
    }
    if running.settings().log != "off" {
        eprint!("{}", text(running, &url));
    }
}

fn text(running: &Running, url: &str) -> String {
    let mut out = format!("micro {}\n", env!("CARGO_PKG_VERSION"));
    let mut line = |label: &str, text: &str| {
        let _ = writeln!(out, "  {label:<9} {text}");
    };
    line("listening", url);
    let mut example = None;
    for (name, service) in running.server().services() {
        let desc = service.desc();
        let methods: Vec<_> = desc.method_descs().iter().map(|method| method.name()).collect();
        line("serving", &format!("{}: {}", desc.full_name(), methods.join(", ")));
        line("found as", &format!("`{name}` in registry `{}`", running.registry().name()));
        let unary = desc.method_descs().iter().find(|method| !method.client_streaming() && !method.server_streaming());
        example = example.or(unary.map(|method| method.path()));
    }
    for subscription in running.subscriptions() {
        line("handling", subscription);
    }
    if let Some(path) = example {
        line("call it", &format!("curl -H 'content-type: application/json' -d '{{}}' {url}{path}"));
    }
    out
}
