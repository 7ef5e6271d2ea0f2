fn main() {
    print!("{}", cabina::graphql::schema::sdl());
}
