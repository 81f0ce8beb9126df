// Shows what the camera sees and reads the first QR code in it. Pictures never leave this page.
const LONGEST_SIDE = 800;

/** A text, or nothing when the video was taken away first. Throws a fault when there is no camera for us. */
export const scan = async (video) => {
  const stream = await opened();
  const reader = new Worker(new URL("reader.js", import.meta.url), { type: "module" });
  try {
    video.srcObject = stream;
    await video.play();
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d", { willReadFrequently: true });
    while (video.isConnected) {
      const scale = Math.min(1, LONGEST_SIDE / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = video.videoWidth * scale;
      canvas.height = video.videoHeight * scale;
      if (canvas.width > 0 && canvas.height > 0) {
        context.drawImage(video, 0, 0, canvas.width, canvas.height);
        const { data, width } = context.getImageData(0, 0, canvas.width, canvas.height);
        const text = await asked(reader, { pixels: data, width });
        if (text && video.isConnected) return text;
      }
      await shown(video);
    }
    return undefined;
  } finally {
    reader.terminate();
    stream.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  }
};

const opened = async () => {
  try {
    // The one that looks away from the person.
    const video = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    return await navigator.mediaDevices.getUserMedia({ video, audio: false });
  } catch (error) {
    const codes = { NotAllowedError: "camera.refused", NotFoundError: "camera.missing" };
    throw { code: codes[error.name] ?? "camera.failed", params: {} };
  }
};

const asked = (reader, picture) =>
  new Promise((resolve, reject) => {
    reader.onmessage = ({ data }) => resolve(data.text);
    reader.onerror = () => reject({ code: "camera.failed", params: {} });
    reader.postMessage(picture, [picture.pixels.buffer]);
  });

/** The next picture, or the next moment where a browser does not tell or the video is gone. */
const shown = (video) =>
  new Promise((resolve) => {
    video.requestVideoFrameCallback?.(resolve);
    setTimeout(resolve, 200);
  });
