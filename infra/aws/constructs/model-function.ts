import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { outsideModelsText } from '../../../shared/config/outside-models.ts';
import { OUTSIDE_MODELS_VARIABLE } from '../../../shared/config/outside-models-variable.ts';
import type { OutsideModel } from '../../../shared/ml/onnx/outside-model.ts';
import { houseFunction } from './house-function.ts';

/** Half a processor: the runtime's native library is 25 MB. The bill is reckoned without this function, which few have. */
const MEMORY_MIB = 1_024;

export interface ModelFunction {
  /** Tells who asks models, or watches over them, whom to ask. */
  readonly environment: Readonly<Record<string, string>>;
  readonly grantAsking: (role: Role) => void;
}

/** Runs somebody else's models: it reads nothing, writes its log, and whoever may ask it gets odds. Only there when a model is. */
export function modelFunction(scope: Construct, models: readonly OutsideModel[]): ModelFunction {
  const { lambda } = houseFunction(scope, {
    name: 'model',
    description: 'Runs ONNX models that were brought along',
    memoryMiB: MEMORY_MIB,
    timeoutSeconds: 10,
    environment: {},
  });
  return {
    environment: { [OUTSIDE_MODELS_VARIABLE]: outsideModelsText({ functionName: lambda.functionName, models }) },
    grantAsking: (role) => role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [lambda.functionArn] })),
  };
}
