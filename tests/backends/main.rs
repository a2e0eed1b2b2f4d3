//! Every backend against its real server, in the versions that `tests/run.sh` installs.

mod broker_app;
mod broker_nats;
mod config_app;
mod config_nats;
mod kills;
