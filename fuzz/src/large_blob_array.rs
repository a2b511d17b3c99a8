//! The array of large blobs, as a key hands it out: a blob's key in 32 bytes, then the array without its checksum.

use fob_ambient::SeededRng;
use fob_ctap::large_blobs::array::{LargeBlobArray, has_checksum};
use fob_ctap::large_blobs::deflate;
use fob_ctap::secret::LargeBlobKey;
use fob_ctap::sha256;

const LIMIT: usize = 4096;

/// Nothing is unpacked beyond the limit, and no element that nobody knows is lost.
pub fn large_blob_array(data: &[u8]) {
    if let Ok(plain) = deflate::unpack(data, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
    let Some((key, content)) = data.split_first_chunk::<32>() else { return };
    let key = LargeBlobKey::new(*key);
    let checksum = sha256(content);
    let serialized: Vec<u8> = content.iter().chain(checksum.iter().take(16)).copied().collect();
    assert_eq!(has_checksum(&serialized), !content.is_empty());
    let Ok(mut array) = LargeBlobArray::decode(&serialized) else { return };
    assert_eq!(LargeBlobArray::decode(&array.encode()).as_ref(), Ok(&array));
    if let Ok(Some(plain)) = array.get(&key, LIMIT) {
        assert!(plain.len() <= LIMIT);
    }
    let before = array.elements().len();
    array.set(&key, b"ours", &mut SeededRng::new(1));
    assert!(array.elements().len() <= before + 1);
    assert_eq!(array.get(&key, LIMIT), Ok(Some(b"ours".to_vec())));
}
