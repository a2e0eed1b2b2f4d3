//! What a program says of itself, and hears from `run.py`.

use std::fs;
use std::io::{BufRead, Write};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::TcpListener;

use crate::allocations;

/// A port of our own on loopback, announced.
pub async fn listen() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    announce(listener.local_addr()?);
    Ok(listener)
}

/// Says where the program listens. It ends with its input, and answers each line of that with the allocations so far.
pub fn announce(address: SocketAddr) {
    say(&address.to_string());
    std::thread::spawn(|| {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            say(&allocations::so_far().to_string());
        }
        std::process::exit(0);
    });
}

/// Prints a line at once.
pub(crate) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    // Nobody reads any more: our input is about to end too.
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// As JSON writes it, near enough.
pub(crate) fn quoted(text: &str) -> String {
    let shown: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("\"{}\"", shown.replace('\\', "\\\\").replace('"', "\\\""))
}

pub(crate) fn until_input_ends() {
    let _ = std::io::stdout().flush();
    std::io::stdin().lock().lines().map_while(Result::ok).for_each(drop);
}

/// User and system time of this process so far.
pub(crate) fn cpu() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in parentheses may hold anything; times are the 14th and 15th field, in hundredths of a second.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Duration::from_millis(10 * ticks)
}

/// The most memory this process ever had, in KiB.
pub(crate) fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().unwrap_or_default()
}
