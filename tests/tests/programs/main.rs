mod t {
    use wayfare_tests::{token::TokenProgram, world::*};
    #[test]
    fn smoke() {
        for token in TokenProgram::ALL {
            let t = std::time::Instant::now();
            let w = World::at(Stage::Claimed, token);
            eprintln!("{:?} {}", t.elapsed(), w.vault());
        }
        let t = std::time::Instant::now();
        let mut w = World::at(Stage::Active, TokenProgram::Spl);
        for _ in 0..100 { w.chain.accept(w.net.claim(0)); }
        eprintln!("{:?}", t.elapsed());
    }
}
