//! STUB
#![allow(missing_docs)]
use crate::errors::*;
use bytes::Bytes;
#[derive(Debug)]
pub struct MessageDesc {
    pub n: &'static str,
}
impl MessageDesc {
    pub fn name(&self) -> &'static str {
        self.n
    }
}
pub trait Message: Sized + 'static {
    const DESC: &'static MessageDesc;
    fn pb(&self, out: &mut Vec<u8>);
    fn unpb(b: &Bytes) -> Result<Self>;
}
pub trait Encode {
    fn encode_proto(&self, out: &mut Vec<u8>);
}
impl<M: Message> Encode for M {
    fn encode_proto(&self, out: &mut Vec<u8>) {
        self.pb(out)
    }
}
pub trait Decode {
    fn decode_proto(&mut self, bytes: &Bytes) -> Result<()>;
}
#[derive(Debug)]
pub struct Target<M>(Option<M>);
impl<M> Target<M> {
    pub fn new() -> Self {
        Target(None)
    }
    pub fn into_inner(self) -> Option<M> {
        self.0
    }
}
impl<M: Message> Decode for Target<M> {
    fn decode_proto(&mut self, b: &Bytes) -> Result<()> {
        self.0 = Some(M::unpb(b)?);
        Ok(())
    }
}
impl Message for () {
    const DESC: &'static MessageDesc = &MessageDesc { n: "google.protobuf.Empty" };
    fn pb(&self, _: &mut Vec<u8>) {}
    fn unpb(_: &Bytes) -> Result<()> {
        Ok(())
    }
}
