// Side-effect style imports are handled by the bundler; TypeScript only needs to know they exist.
declare module "*.css"
