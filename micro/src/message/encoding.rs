//! Encodings of a value, chosen by attributes: types without values, used as parameters.

use std::convert::Infallible;
use std::marker::PhantomData;

/// The usual encoding of a type.
#[derive(Debug)]
pub enum Auto {}

/// `#[message(sint)]`: zigzag, short for small negative numbers.
#[derive(Debug)]
pub enum Zigzag {}

/// `#[message(fixed)]`: four or eight bytes, whatever the number.
#[derive(Debug)]
pub enum Fixed {}

/// `#[message(unpacked)]`: one key per element of a list. What is in `E` holds for the elements.
#[derive(Debug)]
pub struct Unpacked<E>(PhantomData<E>, Infallible);

/// `#[message(with = A)]`: the value is carried by another, as the [`Adapter`](super::Adapter) `A` says.
#[derive(Debug)]
pub struct With<A>(PhantomData<A>, Infallible);

/// `#[message(with = A)]` on a field that is one value and no collection.
///
/// It is no [`Encoding`], so that the implementation of [`Field`](super::Field) for single values of foreign types and
/// those for collections cannot meet.
#[derive(Debug)]
pub struct WithSingle<A>(PhantomData<A>, Infallible);

/// An encoding of one value. [`Unpacked`] is none: it says something about a list.
pub trait Encoding {}

impl Encoding for Auto {}
impl Encoding for Zigzag {}
impl Encoding for Fixed {}
impl<A> Encoding for With<A> {}

/// The encodings of a map: [`Auto`], or a pair for keys and values.
pub trait MapEncoding {
    /// The encoding of the keys.
    type Key: Encoding;
    /// The encoding of the values.
    type Value: Encoding;
}

impl MapEncoding for Auto {
    type Key = Auto;
    type Value = Auto;
}

impl<K: Encoding, V: Encoding> MapEncoding for (K, V) {
    type Key = K;
    type Value = V;
}
