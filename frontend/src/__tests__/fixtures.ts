import type { Config, Explanation, Job, RecordDetail, Timeline } from '../api'
import { EXPRESSIONS } from '../expressions'
import type { Me } from '../me-api'

export const LIMITS: Config['limits'] = {
  username_min_length: 6,
  password_min_length: 8,
  picture_max_bytes: 20 * 1024 * 1024,
  pictures_per_upload: 20,
  name_max_length: 120,
}

export const CONFIG: Config = {
  version: '0.1.0',
  expressions: [...EXPRESSIONS],
  detectors: ['dlib_hog', 'opencv_haar'],
  detector: 'dlib_hog',
  limits: LIMITS,
  mail: true,
  providers: [],
  consent_version: '2026-11-20',
  purposes: [],
  purpose_required: false,
  undo_seconds: 30,
  film: {
    max_bytes: 500 * 1024 * 1024,
    max_seconds: 1800,
    piece_max_bytes: 4,
    rates: [0, 1, 2, 5, 10],
    content_types: ['video/mp4', 'video/webm'],
  },
  live: { frame_max_bytes: 2 * 1024 * 1024, frame_max_side: 1280, samples_per_call: 600 },
}

export function aPerson(changes: Partial<Me> = {}): Me {
  return {
    id: 1,
    username: 'ada.lovelace',
    display_name: '',
    email: '',
    email_verified: false,
    language: '',
    theme: 'system',
    detector: '',
    keep: 'all',
    keep_days: null,
    has_password: true,
    is_staff: false,
    consent: {
      required_version: '2026-11-20',
      given_version: '2026-11-20',
      given_at: '2026-11-20T12:00:00Z',
    },
    ...changes,
  }
}

export function aJob(changes: Partial<Job> = {}): Job {
  return {
    id: 'job-1',
    kind: 'picture',
    state: 'queued',
    progress: 0,
    error: null,
    record: 'record-1',
    detector: null,
    created_at: '2026-11-20T12:00:00Z',
    started_at: null,
    finished_at: null,
    film: null,
    ...changes,
  }
}

export function aRecord(changes: Partial<RecordDetail> = {}): RecordDetail {
  return {
    id: 'record-1',
    name: 'Picnic',
    created_at: '2026-11-20T12:00:00Z',
    state: 'done',
    face_count: 1,
    expression: 'happy',
    probability: 0.9,
    corrected_expression: null,
    corrections: 0,
    uncertain: false,
    thumbnail: '/thumbnail',
    kind: 'picture',
    note: '',
    tags: [],
    revision: 1,
    width: 400,
    height: 300,
    original: '/original',
    annotated: '/annotated',
    keep: 'all',
    delete_at: null,
    purpose: '',
    file_name: 'picnic.jpg',
    detector: 'dlib-hog',
    model: 'compact_vgg 2026.11',
    error: null,
    timeline: null,
    faces: [
      {
        id: 1,
        index: 0,
        box: { x: 40, y: 30, width: 80, height: 90 },
        crop: '/crop',
        expression: 'happy',
        probability: 0.9,
        probabilities: {
          angry: 0.01,
          disgust: 0.002,
          fear: 0.008,
          happy: 0.9,
          sad: 0.02,
          surprise: 0.03,
          neutral: 0.03,
        },
        uncertain: false,
        quality: { score: 0.97, issues: [] },
        detection_score: 0.98,
        correction: null,
      },
    ],
    ...changes,
  }
}

/** Of a film in which no face has been told apart. */
export function aTimeline(changes: Partial<Timeline> = {}): Timeline {
  return {
    duration: 100,
    sample_count: 500,
    tracks: [],
    segments: [],
    smoothing: 'little',
    truncated: false,
    film: null,
    original: '/film.mp4',
    marks: [],
    practice: null,
    summary: null,
    ...changes,
  }
}

/** Of a smile: what matters lies in the lower third. */
export function anExplanation(changes: Partial<Explanation> = {}): Explanation {
  return {
    expression: 'happy',
    probability: 0.9,
    model_name: 'compact_vgg',
    model_version: '2026.11',
    rows: 3,
    columns: 3,
    values: [
      [0, -0.01, 0],
      [0.01, 0.02, 0.01],
      [0.1, 0.4, 0.1],
    ],
    ...changes,
  }
}

export function jsonResponse(status: number, body: unknown): Response {
  const hasBody = status !== 204
  return new Response(hasBody ? JSON.stringify(body) : null, {
    status,
    headers: { 'Content-Type': 'application/json' },
  })
}

export function aFile(name = 'cat.jpg', type = 'image/jpeg', size = 1000): File {
  const file = new File(['x'], name, { type })
  Object.defineProperty(file, 'size', { value: size })
  return file
}
