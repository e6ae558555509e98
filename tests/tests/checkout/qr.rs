//! What a phone's camera reads on a screen.

/// The text of the one QR code in a screenshot.
#[track_caller]
pub fn read(png: &[u8]) -> String {
    let (width, grey) = greyscale(png);
    let height = grey.len() / width;
    let mut image =
        rqrr::PreparedImage::prepare_from_greyscale(width, height, |x, y| grey[y * width + x]);
    let grids = image.detect_grids();
    assert_eq!(
        grids.len(),
        1,
        "QR codes in a picture of {width} × {height}"
    );
    grids[0].decode().unwrap().1
}

/// Its width, and its brightness by pixel.
fn greyscale(png: &[u8]) -> (usize, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png))
        .read_info()
        .unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    let samples = info.color_type.samples();
    let colours = samples.min(3);
    let grey = pixels[..info.buffer_size()]
        .chunks_exact(samples)
        .map(|pixel| {
            let sum: usize = pixel[..colours]
                .iter()
                .map(|&colour| usize::from(colour))
                .sum();
            u8::try_from(sum / colours).unwrap()
        })
        .collect();
    (info.width as usize, grey)
}
