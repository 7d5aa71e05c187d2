/** What the server's face detectors are called; one that is not here goes by its own name. */
export const DETECTOR_LABELS: Readonly<Record<string, string>> = {
  dlib_hog: 'dlib, faces from the front',
  opencv_haar: 'OpenCV, also small faces',
  dlib_then_haar: 'dlib, then OpenCV if it finds none',
  dlib_cnn: 'dlib with a network',
  yunet: 'YuNet',
  mtcnn: 'MTCNN',
}
