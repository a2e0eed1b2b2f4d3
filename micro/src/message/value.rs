//! Types that can be singular, optional, repeated, or in a map: scalars, enums, messages.

use super::text::{Peek, TextReader, TextWriter};
use super::wire::{Input, Reader, WireType, Writer};
use super::{Auto, Error, Packing, Result, Shape, Type, With};

/// A single protobuf value, in the encoding `E`.
///
/// A type of another crate becomes a value through an [`Adapter`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a value of a message field here (encoding `{E}`)",
    label = "not a single protobuf value",
    note = "protobuf has one level of absence and no list of lists: wrap the inner `Option`, `Vec` or map in a `#[micro::message]` struct",
    note = "for a type of another crate use `#[message(with = Adapter)]`"
)]
pub trait Value<E = Auto>: Sized {
    /// Protobuf type.
    const TYPE: Type;
    /// Wire type.
    const WIRE: WireType;
    /// State while a message is being read.
    type Slot: Default;

    /// Writes the payload, without a key.
    fn put(&self, writer: &mut Writer<'_>);

    /// Reads one payload.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a value.
    fn get(reader: &mut Reader<'_>) -> Result<Self>;

    /// Returns `true` if the value need not be written, because absence reads as this value.
    fn is_empty(&self) -> bool {
        false
    }

    /// Returns the value that absence means. `input` has no bytes, only the depth.
    ///
    /// # Errors
    ///
    /// [`Missing`](super::ErrorKind::Missing) when absence is not a value.
    fn empty(input: &Input<'_>) -> Result<Self>;

    /// Writes it as text.
    fn write_value(&self, writer: &mut TextWriter<'_>);

    /// Reads it from text.
    ///
    /// # Errors
    ///
    /// When the text is not such a value.
    fn read_value(reader: &mut TextReader<'_>) -> Result<Self>;

    /// The value that `null` stands for, where it does not stand for absence.
    fn null() -> Option<Self> {
        None
    }

    /// Reads the current record into the slot.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a value.
    fn merge(slot: &mut Self::Slot, reader: &mut Reader<'_>) -> Result<()>;

    /// Puts a finished value into the slot.
    fn set(slot: &mut Self::Slot, value: Self);

    /// Takes the value out of the slot; `None` when nothing was read.
    ///
    /// # Errors
    ///
    /// When what was read makes no value.
    fn take(slot: Self::Slot, input: &Input<'_>) -> Result<Option<Self>>;

    /// Decodes it from all the bytes of `input`. Asked of messages only.
    ///
    /// # Errors
    ///
    /// When the bytes are not such a value.
    fn whole(input: &Input<'_>) -> Result<Self> {
        let _ = input;
        Err(Error::malformed("only messages are kept as bytes"))
    }

    /// Shape of a `Vec` of the type. `u8` differs from all others here and below: `Vec<u8>` is bytes.
    const LIST: Shape = Shape::Repeated(
        Self::TYPE,
        match Self::WIRE {
            WireType::Len => Packing::Unpacked,
            _ => Packing::Packed,
        },
    );

    /// Writes a `Vec` of it.
    fn put_list(list: &[Self], tag: u32, writer: &mut Writer<'_>) {
        if list.is_empty() {
            return;
        }
        if Self::WIRE == WireType::Len {
            return put_unpacked(list, tag, writer);
        }
        writer.key(tag, WireType::Len);
        writer.nested(|writer| list.iter().for_each(|value| value.put(writer)));
    }

    /// Reads one element, or several that are packed.
    ///
    /// # Errors
    ///
    /// When the bytes are not such values.
    fn merge_list(list: &mut Vec<Self>, reader: &mut Reader<'_>) -> Result<()> {
        if Self::WIRE != WireType::Len && reader.wire() == WireType::Len {
            return get_packed(list, reader);
        }
        reader.expect(Self::WIRE)?;
        reader.input().charge(size_of::<Self>())?;
        let value = Self::get(reader).map_err(|error| error.at_index(list.len()))?;
        list.push(value);
        Ok(())
    }

    /// Writes a `Vec` of it as text.
    fn write_list(list: &[Self], writer: &mut TextWriter<'_>) {
        writer.begin_list();
        for value in list {
            writer.element();
            value.write_value(writer);
        }
        writer.end_list();
    }

    /// Reads a `Vec` of it from text.
    ///
    /// # Errors
    ///
    /// When the text is not a list of such values.
    fn read_list(list: &mut Vec<Self>, reader: &mut TextReader<'_>) -> Result<()> {
        reader.list(|reader, index| {
            reader.charge(size_of::<Self>())?;
            let element = read_element(reader, "null in a list").map_err(|error| error.at_index(index))?;
            list.extend(element);
            Ok(())
        })
    }
}

/// Writes a list with one key per element.
pub(super) fn put_unpacked<T: Value<E>, E>(list: &[T], tag: u32, writer: &mut Writer<'_>) {
    for value in list {
        writer.key(tag, T::WIRE);
        value.put(writer);
    }
}

/// Reads elements that follow one another without keys.
fn get_packed<T: Value<E>, E>(list: &mut Vec<T>, reader: &mut Reader<'_>) -> Result<()> {
    let chunk = reader.chunk()?;
    match T::WIRE {
        WireType::I32 => list.reserve(chunk.len() / 4),
        WireType::I64 => list.reserve(chunk.len() / 8),
        _ => {}
    }
    // Elements are at most eight times their bytes, so they are not charged to the budget.
    let mut elements = Reader::new(reader.input().part(chunk), super::desc::NAMELESS);
    elements.set_wire(T::WIRE);
    while !elements.at_end() {
        let value = T::get(&mut elements).map_err(|error| error.at_index(list.len()))?;
        list.push(value);
    }
    Ok(())
}

/// Reads an element of a list or the value of a map entry; `None` for what a lenient reader leaves out.
pub(super) fn read_element<T: Value<E>, E>(reader: &mut TextReader<'_>, null: &'static str) -> Result<Option<T>> {
    if reader.peek()? == Peek::Null {
        reader.null()?;
        return T::null().map(Some).ok_or_else(|| Error::malformed(null));
    }
    let value = T::read_value(reader);
    reader.unless_unknown(value)
}

/// The slot of a value that is kept as itself; for use inside `impl Value<$encoding> for ..`.
macro_rules! slot_is_option {
    ($encoding:ty) => {
        type Slot = Option<Self>;

        #[inline]
        fn merge(slot: &mut Option<Self>, reader: &mut Reader<'_>) -> Result<()> {
            reader.expect(<Self as Value<$encoding>>::WIRE)?;
            *slot = Some(<Self as Value<$encoding>>::get(reader)?);
            Ok(())
        }

        #[inline]
        fn set(slot: &mut Option<Self>, value: Self) {
            *slot = Some(value);
        }

        #[inline]
        fn take(slot: Option<Self>, _: &Input<'_>) -> Result<Option<Self>> {
            Ok(slot)
        }
    };
}
pub(super) use slot_is_option;

/// Carries a type of another crate as a value that protobuf knows. Named in `#[message(with = ..)]`.
///
/// ```
/// use std::net::IpAddr;
///
/// use micro::message::{Adapter, Message};
///
/// struct AsText;
///
/// impl Adapter for AsText {
///     type Foreign = IpAddr;
///     type Carrier = String;
///
///     fn carry(address: &IpAddr) -> String {
///         address.to_string()
///     }
///
///     fn restore(text: String) -> Result<IpAddr, String> {
///         text.parse().map_err(|_| format!("`{text}` is no address"))
///     }
/// }
///
/// #[micro::message]
/// struct Host {
///     #[message(with = AsText)]
///     address: IpAddr,
///     #[message(with = AsText)]
///     neighbours: Vec<IpAddr>,
/// }
///
/// let host = Host { address: [127, 0, 0, 1].into(), neighbours: vec![[10, 0, 0, 7].into()] };
/// assert_eq!(Host::decode(&host.encode_to_vec())?.neighbours, host.neighbours);
/// # Ok::<(), micro::Error>(())
/// ```
pub trait Adapter {
    /// The type of the other crate.
    type Foreign;
    /// Type that represents the value in bytes and text.
    type Carrier: Value;

    /// Converts a value into its carrier.
    fn carry(value: &Self::Foreign) -> Self::Carrier;

    /// The value it stands for.
    ///
    /// # Errors
    ///
    /// Words for the peer, when it stands for none.
    fn restore(carrier: Self::Carrier) -> Result<Self::Foreign, String>;
}

#[diagnostic::do_not_recommend]
impl<T, A: Adapter<Foreign = T>> Value<With<A>> for T {
    const TYPE: Type = A::Carrier::TYPE;
    const WIRE: WireType = A::Carrier::WIRE;
    type Slot = <A::Carrier as Value>::Slot;

    fn put(&self, writer: &mut Writer<'_>) {
        A::carry(self).put(writer);
    }

    fn get(reader: &mut Reader<'_>) -> Result<Self> {
        restore::<A>(A::Carrier::get(reader)?)
    }

    fn is_empty(&self) -> bool {
        A::carry(self).is_empty()
    }

    fn empty(input: &Input<'_>) -> Result<Self> {
        restore::<A>(A::Carrier::empty(input)?)
    }

    fn write_value(&self, writer: &mut TextWriter<'_>) {
        A::carry(self).write_value(writer);
    }

    fn read_value(reader: &mut TextReader<'_>) -> Result<Self> {
        restore::<A>(A::Carrier::read_value(reader)?)
    }

    fn null() -> Option<Self> {
        restore::<A>(A::Carrier::null()?).ok()
    }

    fn merge(slot: &mut Self::Slot, reader: &mut Reader<'_>) -> Result<()> {
        A::Carrier::merge(slot, reader)
    }

    fn set(slot: &mut Self::Slot, value: Self) {
        A::Carrier::set(slot, A::carry(&value));
    }

    fn take(slot: Self::Slot, input: &Input<'_>) -> Result<Option<Self>> {
        A::Carrier::take(slot, input)?.map(restore::<A>).transpose()
    }

    fn whole(input: &Input<'_>) -> Result<Self> {
        restore::<A>(A::Carrier::whole(input)?)
    }
}

fn restore<A: Adapter>(carrier: A::Carrier) -> Result<A::Foreign> {
    A::restore(carrier).map_err(Error::malformed)
}
