mod accept;
mod nominate;
