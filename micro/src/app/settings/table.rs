use super::Settings;
use crate::util::duration;

/// One setting: how it is called, what it says in `--help`, and how its text is read and shown.
pub(super) struct Setting {
    /// The flag without its dashes; the environment has it as `MICRO_` and upper snake case.
    pub(super) flag: &'static str,
    /// What stands for the value in `--help`.
    pub(super) value: &'static str,
    pub(super) help: &'static str,
    /// Other names in the environment that mean the same, as Go Micro has them.
    pub(super) aliases: &'static [&'static str],
    /// Reads the value, or says what was expected.
    pub(super) set: fn(&mut Settings, &str) -> Result<(), String>,
    pub(super) show: fn(&Settings) -> String,
}

impl Setting {
    pub(super) fn environment(&self) -> String {
        format!("MICRO_{}", self.flag.to_uppercase().replace('-', "_"))
    }
}

/// Every setting, in the order of `--help`.
pub(super) const TABLE: &[Setting] = &[
    Setting {
        flag: "address",
        value: "HOST:PORT",
        help: "Where to listen; port 0 picks a free one",
        aliases: &["MICRO_SERVER_ADDRESS"],
        set: |settings, text| {
            settings.address = address(text)?;
            Ok(())
        },
        show: |settings| settings.address.clone(),
    },
    Setting {
        flag: "advertise",
        value: "HOST:PORT",
        help: "What others are told to connect to; the address bound where not given",
        aliases: &["MICRO_SERVER_ADVERTISE"],
        set: |settings, text| {
            settings.advertise = Some(address(text)?);
            Ok(())
        },
        show: |settings| settings.advertise.clone().unwrap_or_default(),
    },
    Setting {
        flag: "registry",
        value: "URL",
        help: "Where nodes are listed: `auto`, `local`, `memory`, or a URL",
        aliases: &[],
        set: |settings, text| {
            settings.registry = non_empty(text)?;
            Ok(())
        },
        show: |settings| settings.registry.clone(),
    },
    Setting {
        flag: "register-ttl",
        value: "TIME",
        help: "How long an entry in the registry lives without renewal",
        aliases: &[],
        set: |settings, text| {
            settings.register.ttl = positive(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.register.ttl),
    },
    Setting {
        flag: "register-interval",
        value: "TIME",
        help: "How often an entry in the registry is renewed",
        aliases: &[],
        set: |settings, text| {
            settings.register.interval = positive(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.register.interval),
    },
    Setting {
        flag: "request-timeout",
        value: "TIME",
        help: "How long unary calls wait where nobody says otherwise",
        aliases: &["MICRO_CLIENT_REQUEST_TIMEOUT"],
        set: |settings, text| {
            settings.request_timeout = positive(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.request_timeout),
    },
    Setting {
        flag: "message-limit",
        value: "BYTES",
        help: "How large an incoming message may be; `KiB` and `MiB` are understood",
        aliases: &[],
        set: |settings, text| {
            settings.message_limit = bytes(text)?;
            Ok(())
        },
        show: |settings| show_bytes(settings.message_limit),
    },
    Setting {
        flag: "drain-delay",
        value: "TIME",
        help: "How long to go on serving after leaving the registry",
        aliases: &[],
        set: |settings, text| {
            settings.drain_delay = time(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.drain_delay),
    },
    Setting {
        flag: "shutdown-timeout",
        value: "TIME",
        help: "How long calls in flight may take to finish at shutdown",
        aliases: &[],
        set: |settings, text| {
            settings.shutdown_timeout = time(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.shutdown_timeout),
    },
    Setting {
        flag: "reflection",
        value: "SWITCH",
        help: "Whether tools like grpcurl may ask what is served: `on` or `off`",
        aliases: &[],
        set: |settings, text| {
            settings.reflection = switch(text)?;
            Ok(())
        },
        show: |settings| if settings.reflection { "on" } else { "off" }.to_owned(),
    },
    Setting {
        flag: "log",
        value: "FILTER",
        help: "What is logged: a level, or levels by target like `info,micro=debug`",
        aliases: &["MICRO_LOG_LEVEL"],
        set: |settings, text| {
            settings.logging.filter = non_empty(text)?;
            Ok(())
        },
        show: |settings| settings.logging.filter.clone(),
    },
    Setting {
        flag: "log-format",
        value: "FORMAT",
        help: "How it is logged: `text` or `json`",
        aliases: &[],
        set: |settings, text| {
            settings.logging.format = text.parse().map_err(|_| "expected `text` or `json`".to_owned())?;
            Ok(())
        },
        show: |settings| format!("{:?}", settings.logging.format).to_lowercase(),
    },
];

fn switch(text: &str) -> Result<bool, String> {
    match text.trim() {
        "on" | "true" | "yes" | "1" => Ok(true),
        "off" | "false" | "no" | "0" => Ok(false),
        _ => Err("expected `on` or `off`".into()),
    }
}

fn non_empty(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() { Err("expected a value".into()) } else { Ok(text.to_owned()) }
}

fn address(text: &str) -> Result<String, String> {
    let expected = || "expected `host:port`, like `127.0.0.1:8080` or `0.0.0.0:8080`".to_owned();
    let text = text.trim();
    // Go Micro's users write `:8080` for every interface.
    if let Some(port) = text.strip_prefix(':') {
        return port.parse::<u16>().map(|port| format!("0.0.0.0:{port}")).map_err(|_| expected());
    }
    let (host, port) = text.rsplit_once(':').ok_or_else(expected)?;
    let bare_v6 = host.contains(':') && !(host.starts_with('[') && host.ends_with(']'));
    if host.is_empty() || bare_v6 || port.parse::<u16>().is_err() {
        return Err(expected());
    }
    Ok(text.to_owned())
}

fn time(text: &str) -> Result<std::time::Duration, String> {
    duration::parse(text).ok_or_else(|| "expected a time, like `30s`, `250ms` or `5m`".to_owned())
}

fn positive(text: &str) -> Result<std::time::Duration, String> {
    let time = time(text)?;
    if time.is_zero() { Err("expected a time above zero".into()) } else { Ok(time) }
}

fn bytes(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30), ("", 1)];
    let read = units.into_iter().find_map(|(unit, size)| {
        let number: usize = text.strip_suffix(unit)?.trim().parse().ok()?;
        number.checked_mul(size)
    });
    read.filter(|bytes| *bytes > 0)
        .ok_or_else(|| "expected a number of bytes, like `65536`, `64KiB` or `4MiB`".to_owned())
}

fn show_bytes(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}
