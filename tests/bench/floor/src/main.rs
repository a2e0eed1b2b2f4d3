//! The floor: a length and so many bytes to and fro, one at a time on a connection.

use std::net::SocketAddr;
use std::sync::Arc;

use harness::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

#[derive(Clone)]
struct Client(Arc<Mutex<TcpStream>>);

impl harness::Client for Client {
    async fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Client(Arc::new(Mutex::new(stream))))
    }

    async fn say(&mut self, text: String) -> Result<String> {
        let mut stream = self.0.lock().await;
        write(&mut stream, text.as_bytes()).await?;
        Ok(String::from_utf8(read(&mut stream).await?)?)
    }
}

async fn write(stream: &mut TcpStream, text: &[u8]) -> Result<()> {
    let length = u32::try_from(text.len())?.to_be_bytes();
    Ok(stream.write_all(&[&length, text].concat()).await?)
}

/// Reads the length and what follows with one call to the system, as a rule.
async fn read(stream: &mut TcpStream) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(8 * 1024);
    loop {
        if let Some((length, text)) = bytes.split_first_chunk::<4>()
            && text.len() >= u32::from_be_bytes(*length) as usize
        {
            return Ok(text.to_vec());
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Err("the connection ended".into());
        }
    }
}

async fn serve() -> Result<()> {
    let listener = harness::listen().await?;
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(async move {
            while let Ok(text) = read(&mut stream).await {
                if write(&mut stream, &text).await.is_err() {
                    return;
                }
            }
        });
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    if harness::serves() {
        return serve().await;
    }
    harness::call::<Client>().await;
    Ok(())
}
