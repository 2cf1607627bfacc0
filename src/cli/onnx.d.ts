// The bundler puts ONNX graphs into the command line as bytes.
declare module "*.onnx" {
  const bytes: Uint8Array
  export default bytes
}
