//! Measurements with a peer or the bare cost beside each figure
