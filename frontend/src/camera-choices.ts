import type { InjectionKey } from 'vue'

import type { UploadChoices } from './upload-queue'

/** What a person says once for all uses of the camera, as long as they stay on its pages. */
export interface CameraChoices {
  hasAgreement: boolean
  choices: UploadChoices
}

export const CAMERA_CHOICES: InjectionKey<CameraChoices> = Symbol('camera choices')
