//! Allow and exclude lists, cut to what a key takes.

use fob_ctap::entity::{CredentialType, Descriptor};
use fob_ctap::get_info::Info;

/// What a descriptor adds to its credential id on the wire, at most: map, two names, `public-key`, heads.
const FRAME: usize = 24;
/// Head and key of the list itself, at most.
const LIST_FRAME: usize = 4;

/// The descriptors that could be this key's: its type, ids no longer than it makes them. Their hints are left out: a
/// key needs none, and some choke on them.
pub(super) fn fitting(info: &Info, descriptors: &[Descriptor]) -> Vec<Descriptor> {
    let longest = info.max_credential_id_length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    descriptors
        .iter()
        .filter(|descriptor| descriptor.credential_type == CredentialType::PublicKey)
        .filter(|descriptor| descriptor.id.as_bytes().len() <= longest)
        .map(|descriptor| Descriptor::public_key(descriptor.id.clone()))
        .collect()
}

/// Cuts a list into pieces that the key takes. `room` is what a message has left for a list, in bytes; an id that does
/// not fit by itself cannot be this key's and is dropped. A key that does not say how many it takes is given one at a
/// time (§6.4).
pub(super) fn pieces(info: &Info, room: usize, descriptors: Vec<Descriptor>) -> Vec<Vec<Descriptor>> {
    let most = info.max_credential_count_in_list.and_then(|count| usize::try_from(count).ok()).unwrap_or(1).max(1);
    let room = room.saturating_sub(LIST_FRAME);
    let mut pieces: Vec<Vec<Descriptor>> = Vec::new();
    let mut left = 0;
    for descriptor in descriptors {
        let length = descriptor.id.as_bytes().len().saturating_add(FRAME);
        if length > room {
            continue;
        }
        match pieces.last_mut() {
            Some(piece) if piece.len() < most && length <= left => piece.push(descriptor),
            _ => {
                pieces.push(vec![descriptor]);
                left = room;
            }
        }
        left -= length;
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use fob_ctap::entity::Transport;

    fn descriptors(lengths: &[usize]) -> Vec<Descriptor> {
        lengths.iter().map(|length| Descriptor::public_key(vec![7; *length])).collect()
    }

    fn info(count: Option<u64>, length: Option<u64>) -> Info {
        Info { max_credential_count_in_list: count, max_credential_id_length: length, ..Info::default() }
    }

    fn sizes(info: &Info, room: usize, lengths: &[usize]) -> Vec<usize> {
        pieces(info, room, descriptors(lengths)).iter().map(Vec::len).collect()
    }

    #[test]
    fn what_cannot_be_this_keys_is_left_out_and_hints_are() {
        let mut list = descriptors(&[16, 64, 65]);
        list[0].transports = vec![Transport::Usb];
        list[1].credential_type = CredentialType::from("token".to_owned());
        let fitting = fitting(&info(None, Some(64)), &list);
        assert_eq!(fitting, descriptors(&[16]));
    }

    #[test]
    fn pieces_respect_count_and_room() {
        let eight = info(Some(8), None);
        assert_eq!(sizes(&eight, 4_000, &[32; 20]), [8, 8, 4]);
        assert_eq!(sizes(&info(None, None), 4_000, &[32; 3]), [1, 1, 1]);
        assert_eq!(sizes(&info(Some(0), None), 4_000, &[32; 2]), [1, 1]);
        // 3 × (32 + 24) + 4 = 172.
        assert_eq!(sizes(&eight, 172, &[32; 7]), [3, 3, 1]);
        assert_eq!(sizes(&eight, 171, &[32; 4]), [2, 2]);
        assert!(sizes(&eight, 4_000, &[]).is_empty());
    }

    #[test]
    fn an_id_that_no_message_can_carry_is_dropped() {
        assert_eq!(sizes(&info(Some(8), None), 172, &[32, 145, 32]), [2]);
        assert!(sizes(&info(Some(8), None), 0, &[1, 2]).is_empty());
    }

    /// The frame is what CTAP 2.3 §8 makes of {"id": h'07…', "type": "public-key"}: a1 head each, counted by hand.
    #[test]
    fn a_frame_is_never_too_small() {
        let map = 1;
        let id = 1 + 2;
        let longest_bytes_head = 3;
        let type_and_value = (1 + 4) + (1 + 10);
        assert!(map + id + longest_bytes_head + type_and_value <= FRAME);
    }
}
