/** Passkeys: between the server's JSON and what `navigator.credentials` speaks (WebAuthn, level 3). */

type Json = Record<string, unknown>

function bytes(base64url: string): Uint8Array<ArrayBuffer> {
  const binary = atob(base64url.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}

export function base64url(buffer: ArrayBuffer): string {
  const binary = String.fromCharCode(...new Uint8Array(buffer))
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

interface Descriptor {
  id: string
  type: PublicKeyCredentialType
  transports?: AuthenticatorTransport[]
}

function descriptors(list: unknown): PublicKeyCredentialDescriptor[] {
  return ((list ?? []) as Descriptor[]).map((item) => ({ ...item, id: bytes(item.id) }))
}

export interface CreationOptions {
  publicKey: Json & { challenge: string; user: Json & { id: string } }
}

export interface RequestOptions {
  publicKey: Json & { challenge: string }
}

export function creationOptions({ publicKey }: CreationOptions): CredentialCreationOptions {
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      user: { ...publicKey.user, id: bytes(publicKey.user.id) },
      excludeCredentials: descriptors(publicKey.excludeCredentials),
    } as unknown as PublicKeyCredentialCreationOptions,
  }
}

export function requestOptions({ publicKey }: RequestOptions): CredentialRequestOptions {
  return {
    publicKey: {
      ...publicKey,
      challenge: bytes(publicKey.challenge),
      allowCredentials: descriptors(publicKey.allowCredentials),
    } as unknown as PublicKeyCredentialRequestOptions,
  }
}

/** A credential as the server reads it. */
export function credentialJson(credential: PublicKeyCredential): Json {
  const { response } = credential
  const common = {
    id: credential.id,
    rawId: base64url(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  }
  const clientDataJSON = base64url(response.clientDataJSON)
  if ('attestationObject' in response) {
    const attestation = response as AuthenticatorAttestationResponse
    return {
      ...common,
      response: {
        clientDataJSON,
        attestationObject: base64url(attestation.attestationObject),
        transports: attestation.getTransports(),
      },
    }
  }
  const assertion = response as AuthenticatorAssertionResponse
  return {
    ...common,
    response: {
      clientDataJSON,
      authenticatorData: base64url(assertion.authenticatorData),
      signature: base64url(assertion.signature),
      userHandle: assertion.userHandle ? base64url(assertion.userHandle) : null,
    },
  }
}

/** Only over HTTPS or on this very machine; browsers hide it elsewhere. */
export function supportsPasskeys(): boolean {
  return typeof window.PublicKeyCredential === 'function'
}

/** The person closed the browser's dialog, or it ran out of time. */
export function isDismissed(error: unknown): boolean {
  return error instanceof DOMException && ['NotAllowedError', 'AbortError'].includes(error.name)
}

export async function createPasskey(options: CreationOptions): Promise<Json> {
  const credential = await navigator.credentials.create(creationOptions(options))
  return credentialJson(credential as PublicKeyCredential)
}

export async function usePasskey(options: RequestOptions): Promise<Json> {
  const credential = await navigator.credentials.get(requestOptions(options))
  return credentialJson(credential as PublicKeyCredential)
}
