//! A short name for a content: the same for the same on every machine and in every version of the console.

const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

/// FNV-1a over the bytes. It tells what was changed by chance, not what was forged.
pub(super) fn of(text: &str) -> u64 {
    extend(BASIS, text)
}

/// Goes on from `so_far` with another text, told apart from one that is merely longer.
pub(super) fn extend(so_far: u64, text: &str) -> u64 {
    let bytes = text.bytes().chain(std::iter::once(0xff));
    bytes.fold(so_far, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME))
}
