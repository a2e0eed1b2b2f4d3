use super::Settings;
use crate::app::identity::Rename;
use crate::transport::http::Compress;
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
        flag: "services",
        value: "NAME,..",
        help: "Build and serve only these of the services that are linked",
        aliases: &[],
        set: |settings, text| {
            settings.services = list(text).map(str::to_owned).collect();
            Ok(())
        },
        show: |settings| settings.services.iter().cloned().collect::<Vec<_>>().join(","),
    },
    Setting {
        flag: "server-name",
        value: "NAME",
        help: "The name services are listed under; `OLD=NEW,..` where there are several",
        aliases: &[],
        set: |settings, text| {
            settings.names = list(text).map(rename).collect::<Result<_, _>>()?;
            Ok(())
        },
        show: |settings| {
            let show = |rename: &Rename| match &rename.from {
                Some(from) => format!("{from}={}", rename.to),
                None => rename.to.clone(),
            };
            settings.names.iter().map(show).collect::<Vec<_>>().join(",")
        },
    },
    Setting {
        flag: "server-version",
        value: "VERSION",
        help: "The version nodes are listed with; that of the contract where not given",
        aliases: &[],
        set: |settings, text| {
            settings.version = Some(non_empty(text)?);
            Ok(())
        },
        show: |settings| settings.version.clone().unwrap_or_default(),
    },
    Setting {
        flag: "server-id",
        value: "ID",
        help: "What tells this node from the others; random where not given",
        aliases: &[],
        set: |settings, text| {
            settings.id = Some(non_empty(text)?);
            Ok(())
        },
        show: |settings| settings.id.clone().unwrap_or_default(),
    },
    Setting {
        flag: "server-metadata",
        value: "KEY=VALUE,..",
        help: "What else nodes say about themselves",
        aliases: &[],
        set: |settings, text| {
            settings.metadata = list(text).map(pair).collect::<Result<_, _>>()?;
            Ok(())
        },
        show: |settings| {
            let pairs = settings.metadata.iter().map(|(key, value)| format!("{key}={value}"));
            pairs.collect::<Vec<_>>().join(",")
        },
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
        flag: "check-interval",
        value: "TIME",
        help: "How often the health checks of the program run",
        aliases: &[],
        set: |settings, text| {
            settings.check_interval = positive(text)?;
            Ok(())
        },
        show: |settings| duration::show(settings.check_interval),
    },
    Setting {
        flag: "idle-timeout",
        value: "TIME",
        help: "How long a call with a stream may wait while nothing moves on it; 0 for no limit",
        aliases: &[],
        set: |settings, text| {
            settings.idle_timeout = Some(time(text)?).filter(|time| !time.is_zero());
            Ok(())
        },
        show: |settings| duration::show(settings.idle_timeout.unwrap_or_default()),
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
        flag: "compress",
        value: "WHAT",
        help: "What of calls over HTTP is compressed: `never`, `replies`, or requests too from a size on, like `16KiB`",
        aliases: &[],
        set: |settings, text| {
            settings.compress = compress(text)?;
            Ok(())
        },
        show: |settings| match settings.compress {
            Compress::Never => "never".into(),
            Compress::Replies => "replies".into(),
            Compress::From(size) => show_bytes(size),
        },
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

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|part| !part.is_empty())
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| "expected `key=value,..`".to_owned())?;
    Ok((non_empty(key)?, value.trim().to_owned()))
}

fn rename(text: &str) -> Result<Rename, String> {
    Ok(match text.split_once('=') {
        Some((from, to)) => Rename { from: Some(non_empty(from)?), to: non_empty(to)? },
        None => Rename { from: None, to: non_empty(text)? },
    })
}

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

fn compress(text: &str) -> Result<Compress, String> {
    match text.trim() {
        "never" => Ok(Compress::Never),
        "replies" => Ok(Compress::Replies),
        size => {
            let expected =
                |_| "expected `never`, `replies`, or the size from which on to compress, like `16KiB`".to_owned();
            bytes(size).map(Compress::From).map_err(expected)
        }
    }
}

fn show_bytes(bytes: usize) -> String {
    let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    match units.into_iter().find(|(size, _)| bytes >= *size && bytes.is_multiple_of(*size)) {
        Some((size, unit)) => format!("{}{unit}", bytes / size),
        None => bytes.to_string(),
    }
}
